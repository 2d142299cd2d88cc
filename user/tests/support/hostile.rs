//! One system call with every kind of bad pointer in every place.

#[path = "tiny.rs"]
mod tiny;

use interp::Hart;
use interp::riscv::Rv64;
use memory::user::Space;
use spec::riscv::{State, Trap};
use syscalls::riscv64::Sysno;
use user::stack::Random;
use user::{Next, Options, Process, Thread};

/// The program's only page: it may be read and executed.
const CODE: u64 = 0x1_0000;

struct Bench {
    thread: Thread,
    hart: Hart<Rv64, Space>,
    start: State,
    /// Two writable pages with nothing after them.
    good: u64,
}

impl Bench {
    fn new() -> Self {
        let file = tiny::program();
        // What is logged reads the same pointers.
        let strace: Option<user::Log> = Some(Box::new(|line| assert!(!line.contains('\n'))));
        let options = Options { seed: Some(1), strace, ..Options::default() };
        let (thread, start, space) =
            Process::load_image(&file, "tiny", &["tiny".into()], &[], options).expect("a sound program");
        let mut bench = Self { thread, hart: Hart::new(start.clone(), space), start, good: 0 };
        bench.restore();
        bench
    }

    /// The pages that calls may have unmapped or filled.
    fn restore(&mut self) {
        const WANTED: u64 = 0x100_0000;
        self.good = WANTED;
        self.done(Sysno::mmap, [WANTED - 0x1000, 0x4000, 0, 0x32, u64::MAX, 0]);
        self.done(Sysno::mmap, [WANTED, 0x2000, 3, 0x32, u64::MAX, 0]);
        // A path that is not there; read as a signal set it does not hold SIGALRM, see `tick`.
        let _gone = self.hart.mem.copy_out(WANTED, b"/Nonexistent/name");
        let _gone = self.hart.mem.copy_out(WANTED + 0x1000, &[0; 4096]);
    }

    /// Every 2 ms a signal with a handler, so that no call waits for ever; nothing blocked.
    fn tick(&mut self) {
        let scratch = self.good + 0x1000;
        let words = |words: [u64; 4]| words.map(u64::to_le_bytes).as_flattened().to_vec();
        self.hart.mem.copy_out(scratch, &words([CODE + 0x100, 0, 0, 0])).expect("a page of ours");
        // The other two belong to the timers of CPU time that `setitimer` may start.
        for signal in [14, 26, 27] {
            self.done(Sysno::rt_sigaction, [signal, scratch, 0, 8, 0, 0]);
        }
        self.hart.mem.copy_out(scratch, &words([0, 2000, 0, 2000])).expect("a page of ours");
        self.done(Sysno::setitimer, [0, scratch, 0, 0, 0, 0]);
        self.hart.mem.copy_out(scratch, &[0; 8]).expect("a page of ours");
        self.done(Sysno::rt_sigprocmask, [2, scratch, 0, 8, 0, 0]);
    }

    /// A call of our own, made again until no signal comes before it.
    fn done(&mut self, sysno: Sysno, args: [u64; 6]) {
        let after = self.start.pc + 4;
        while self.call(sysno, args) != Next::Continue || self.hart.state.pc != after {}
    }

    fn call(&mut self, sysno: Sysno, args: [u64; 6]) -> Next {
        let state = &mut self.hart.state;
        state.clone_from(&self.start);
        state.x[10..16].copy_from_slice(&args);
        state.x[17] = u64::from(sysno.id().unsigned_abs());
        self.thread.trap(&mut self.hart, Trap::EnvironmentCall)
    }

    fn pointers(&self) -> Vec<u64> {
        let limit = self.hart.mem.limit();
        let end = self.good + 0x2000;
        vec![
            0,
            1,
            8,
            CODE,
            CODE + 0xff8,
            end - 1,
            end - 4,
            end,
            limit - 1,
            limit,
            1 << 63,
            u64::MAX - 7,
            u64::MAX,
        ]
    }
}

/// Makes the calls and ends with status 0, unless strata dies of it.
pub fn run(name: &str) {
    let sysno = Sysno::iter().find(|sysno| sysno.name() == name).expect("a call's name");
    let mut bench = Bench::new();
    // Whatever descriptors were inherited are nobody's business here.
    bench.call(Sysno::close_range, [3, u64::from(u32::MAX), 0, 0, 0, 0]);
    let pointers = bench.pointers();
    let mut random = Random::new(7);
    let mut pick = |from: &[u64]| from[usize::try_from(random.next()).expect("64 bits") % from.len()];
    let mut bases = vec![[0; 6], [1; 6], [8; 6], [bench.good; 6], [u64::MAX; 6]];
    for _ in 0..16 {
        let mild = [0, 1, 2, 8, 16, 64, 4096, bench.good, bench.good + 0x1000];
        bases.push(std::array::from_fn(|_| pick(&mild)));
    }
    for base in bases {
        for place in 0..6 {
            for pointer in &pointers {
                bench.restore();
                bench.tick();
                let mut args = base;
                args[place] = *pointer;
                bench.call(sysno, args);
            }
        }
    }
}
