//! Programs that are larger than the cache: what is evicted runs again, whoever runs it.

use super::common::{Machine, options};
use interp::Stop;
use interp::riscv::Rv64;
use jit::code::{Counts, Options, Runner};
use jit::emit::host::Features;
use memory::user::{MapKind, Placement, Prot};
use rstest::rstest;
use spec::riscv::{State, Trap};

const CODE: u64 = 0x1_0000;
const STACK: u64 = 0x400_0000;
/// Bytes from function to function.
const STRIDE: u64 = 0x100;
/// Functions, whose host code needs several times the cache's room.
const FUNCTIONS: u64 = 4000;

/// Functions with loops of their own, and at [`CODE`] a program that calls `a2` of them from that at `a1` on, and then
/// the `a4` first ones, `a3` times over.
fn machine(options: Options) -> Machine<Rv64> {
    let machine = Machine::new(options);
    let all = Prot::RW | Prot::EXEC;
    let size = (FUNCTIONS + 1) * STRIDE;
    machine.space.map(Placement::Fixed(CODE), size.next_multiple_of(4096), all, MapKind::ANONYMOUS).unwrap();
    machine.space.map(Placement::Fixed(STACK), 0x10000, Prot::RW, MapKind::ANONYMOUS).unwrap();
    let main = "mv s0, a1\nmv s1, a2\njalr ra, (s0)\naddi s0, s0, 256\naddi s1, s1, -1\nbnez s1, 0x10008\n\
                mv s0, a5\nmv s1, a4\nbeqz s1, 0x10034\njalr ra, (s0)\naddi s0, s0, 256\naddi s1, s1, -1\n\
                bnez s1, 0x10024\naddi a3, a3, -1\nbnez a3, 0x10000\nebreak\n";
    machine.write(CODE, main);
    let body = "ld t1, (sp)\nadd t1, t1, a0\nsd t1, (sp)\nadd a0, a0, t1\nsrli t3, a0, 7\nxor a0, a0, t3\n"
        .repeat(9);
    let body = Machine::<Rv64>::bytes(0, &body);
    for number in 0..FUNCTIONS {
        let at = CODE + (number + 1) * STRIDE;
        let (turns, again) = (3 + number % 17, at + 4);
        let mut code =
            Machine::<Rv64>::bytes(at, &format!("addi t0, zero, {turns}\nxori a0, a0, {}\n", number % 2000));
        code.extend_from_slice(&body);
        let tail = format!("addi t0, t0, -1\nbnez t0, {again:#x}\njalr zero, (ra)\n");
        code.extend(Machine::<Rv64>::bytes(at + code.len() as u64, &tail));
        assert!(code.len() as u64 <= STRIDE);
        machine.space.copy_out(at, &code).unwrap();
    }
    machine
}

/// A thread that begins at a function of its own.
fn start(thread: u64, passes: u64) -> State {
    let skipped = thread * FUNCTIONS / 5;
    let first = CODE + STRIDE;
    let mut state = State { pc: CODE, ..State::new() };
    state.x[2] = STACK + thread * 64;
    (state.x[11], state.x[12]) = (first + skipped * STRIDE, FUNCTIONS - skipped);
    (state.x[13], state.x[14], state.x[15]) = (passes, skipped, first);
    state
}

/// Runs to the breakpoint in budgets that end anywhere.
fn finish(machine: &Machine<Rv64>, runner: &mut Runner<Rv64>, state: State) -> State {
    let mut hart = machine.hart(state);
    loop {
        match runner.run(&mut hart, 100_003) {
            Stop::Budget => {}
            Stop::Trap(Trap::Breakpoint { .. }) => return hart.state,
            stop => panic!("{stop:?}"),
        }
    }
}

fn counts(hot: u32, threads: u64, passes: u64) -> Counts {
    let machine = machine(Options { hot, ..options(Features::detect()) });
    let expected: Vec<_> = (0..threads)
        .map(|thread| {
            let (stop, state) = machine.step(start(thread, passes), u64::MAX);
            assert!(matches!(stop, Stop::Trap(Trap::Breakpoint { .. })), "{stop:?}");
            state
        })
        .collect();
    machine.space.copy_out(STACK, &[0; 1024]).unwrap();
    std::thread::scope(|scope| {
        let run = |thread| {
            let machine = &machine;
            scope.spawn(move || {
                memory::fault::on_this_thread();
                let mut runner =
                    Runner::new(&machine.space, Options { hot, ..options(Features::detect()) }).unwrap();
                finish(machine, &mut runner, start(thread, passes))
            })
        };
        let threads: Vec<_> = (0..threads).map(run).collect();
        for (thread, expected) in threads.into_iter().zip(expected) {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
    machine.runner.cache().counts()
}

#[rstest]
#[case::at_first_sight(0, 1)]
#[case::soon(2, 1)]
#[case::at_first_sight_by_five_threads(0, 5)]
#[case::soon_by_five_threads(2, 5)]
fn units_are_evicted_and_come_back(#[case] hot: u32, #[case] threads: u64) {
    let counts = counts(hot, threads, 4);
    assert!(counts.evictions >= 8 && counts.evicted > 1000, "{counts:?}");
}

#[test]
fn code_that_does_not_fit_has_to_be_hotter_from_pass_to_pass() {
    let passes = [1, 8].map(|passes| counts(1, 1, passes));
    assert_eq!(passes[0].hot, 1, "everything was new");
    assert!(passes[1].hot > 64, "{passes:?}");
    assert!(passes[1].units < 4 * passes[0].units, "{passes:?}");
}

#[test]
fn what_a_single_thread_translates_depends_on_its_program_alone() {
    assert_eq!(counts(1, 1, 3), counts(1, 1, 3));
}
