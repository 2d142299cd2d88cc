//! One program as its kernel sees it.

mod error;
mod load;
mod logs;
mod options;
mod robust;
mod root;
pub mod script;
mod thread;
mod vdso;

pub use error::{Error, ErrorKind};
pub use logs::{Log, Quiet};
pub use options::{Launcher, Options};
pub(crate) use robust::{RobustLists, wake};
pub use root::{Last, Sysroot};
pub use thread::{Backing, Crew, Death, EndProcess, Next, RunThread, Task, Thread};

use crate::abi::Abi;
use crate::elf::{self, ElfError, Plan, Source, Symbols};
use crate::host;
use crate::lock;
use crate::signal::{Actions, Signals};
use crate::stack::{self, Contents, Random};
use crate::strace::Who;
use crate::syscall::{Heap, MemoryLimits, Reader};
use logs::Logs;
use memory::user::Space;
use object::read::ReadCache;
use script::Found;
use spec::bits::Low;
use spec::riscv::State;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// The kernel's side of one program, shared by its threads.
pub struct Process {
    /// Absolute, for `/proc/self/exe`.
    pub(crate) program: PathBuf,
    pub(crate) heap: Mutex<Heap>,
    pub(crate) memory_limits: MemoryLimits,
    pub(crate) launcher: Option<Launcher>,
    /// The clock, if not the host's.
    pub(crate) clock: Option<fn() -> u64>,
    /// The kernel's release, if not the host's.
    pub(crate) release: Option<OsString>,
    /// Reads the command lines of other processes that strata runs.
    pub(crate) reader: Option<Reader>,
    /// One past the stack's last byte.
    pub(crate) top: u64,
    /// The first byte of the vDSO.
    pub(crate) vdso: u64,
    pub(crate) hidden: Vec<RawFd>,
    pub(crate) root: Sysroot,
    /// Where its arguments lie on the stack, and its auxiliary vector.
    pub(crate) first: stack::Built,
    pub(crate) logs: Arc<Logs>,
    /// The generator behind `getrandom`, if seeded.
    pub(crate) random: Option<Mutex<Random>>,
    /// Threads that have not ended.
    pub(crate) threads: AtomicUsize,
    /// Futexes that its threads hold.
    pub(crate) robust: RobustLists,
    /// The exit status of the first thread, once it has ended.
    pub(crate) status: AtomicI32,
    /// Whether a parent waits for this process to leave the memory they share, after `vfork`.
    pub(crate) borrowed: bool,
    /// Whether a child of `vfork` may live in this process's memory.
    pub(crate) lends: AtomicBool,
    /// Runs further threads.
    pub(crate) crew: Arc<OnceLock<Crew>>,
    /// The process that loaded the program; its forked children are others.
    pid: u32,
    plan: Plan,
    /// Read when first asked for.
    symbols: OnceLock<Symbols>,
}

impl Process {
    /// Loads a program from a file. `args` begins with the program's own name; `env` holds
    /// `NAME=value`.
    ///
    /// # Errors
    /// [`Error`]; its [kind](Error::kind) decides the exit status.
    pub fn load(
        program: &Path,
        args: &[OsString],
        env: &[OsString],
        options: Options,
    ) -> Result<(Thread, State, Space), Error> {
        let mut options = options;
        let root = Sysroot::new(options.root.as_deref());
        let found = match options.opened {
            Some(_) => Found::itself(program, args),
            None => script::follow(program.as_os_str(), program.to_owned(), args, &root)?.for_guest()?,
        };
        let own = load::program(&found.path, options.opened.take(), |abi| options.room(abi))?;
        let machine = own.plan.abi.machine;
        if let Some(wanted) = options.machine.filter(|wanted| *wanted != machine) {
            let source = ElfError::OtherMachine { own: machine, wanted };
            return Err(Error::Elf { path: found.path, source });
        }
        let linker = load::linker(&found.path, &own.plan, &root, options.room(own.plan.abi))?;
        let first = Image { plan: own.plan, source: Source::File(&own.file) };
        let linker = linker.as_ref().map(|l| Image { plan: l.plan.clone(), source: Source::File(&l.file) });
        let told = options.told.clone().unwrap_or_else(|| program.into());
        let names = Names { path: &found.path, told: told.as_bytes() };
        let loaded = Self::start(first, linker, names, &found.args, env, options)?;
        be_called(Path::new(&told));
        Ok(loaded)
    }

    /// Loads a program without a dynamic linker from memory; `name` is what it is told it is called.
    ///
    /// # Errors
    /// [`Error`].
    pub fn load_image(
        bytes: &[u8],
        name: &str,
        args: &[OsString],
        env: &[OsString],
        options: Options,
    ) -> Result<(Thread, State, Space), Error> {
        let refuse = |source| Error::Elf { path: name.into(), source };
        let plan = Plan::read(bytes, |abi| options.room(abi)).map_err(refuse)?;
        if let Some(linker) = &plan.linker {
            return Err(refuse(ElfError::Dynamic { linker: linker.to_string_lossy().into_owned() }));
        }
        let symbols = Symbols::read(bytes, plan.bias);
        let image = Image { plan, source: Source::Bytes(bytes) };
        let names = Names { path: name.as_ref(), told: name.as_bytes() };
        let (thread, state, space) = Self::start(image, None, names, args, env, options)?;
        // The cell is empty: nobody has asked yet.
        let _ = thread.process.symbols.set(symbols);
        Ok((thread, state, space))
    }

    fn start(
        image: Image<'_>,
        linker: Option<Image<'_>>,
        names: Names<'_>,
        args: &[OsString],
        env: &[OsString],
        options: Options,
    ) -> Result<(Thread, State, Space), Error> {
        let Image { plan, source } = image;
        let abi = plan.abi;
        let space = options.space(abi)?;
        let no_memory = |e: memory::user::MapError| Error::Map { errno: e.into() };
        let loaded = elf::map(&plan, source, &space).map_err(no_memory)?;
        if let Some(linker) = &linker {
            elf::map(&linker.plan, linker.source, &space).map_err(no_memory)?;
        }
        let vdso = vdso::image(abi).map(&space).map_err(no_memory)?;
        let contents = Contents {
            plan: &plan,
            vdso: vdso.base,
            linker: linker.as_ref().map_or(0, |linker| linker.plan.bias),
            top: options.top(abi),
            size: options.stack_size(abi),
            name: names.told,
            args,
            env,
            random: stack::random_bytes(options.seed),
        };
        let first = stack::build(&contents, &space)?;
        let mut state = State::new();
        state.pc = abi.register(linker.map_or(plan.entry, |linker| linker.plan.entry));
        state.x[2] = abi.register(first.sp);
        let mut signals = Signals::new(abi, Arc::new(Actions::inherited()), vdso.sigreturn);
        signals.entered = options.strace.is_some().then(Vec::new);
        let process = Self {
            program: names.path.canonicalize().unwrap_or_else(|_| names.path.to_owned()),
            top: options.top(abi),
            clock: options.clock,
            release: options.release,
            reader: options.reader,
            vdso: vdso.base,
            heap: Mutex::new(Heap::new(loaded.end)),
            memory_limits: options.memory_limits,
            launcher: options.launcher,
            hidden: options.hidden,
            root: Sysroot::new(options.root.as_deref()),
            first,
            logs: Arc::new(Logs::new(options.strace, options.unimplemented, options.quiet)),
            random: options.seed.map(|seed| Mutex::new(Random::new(!seed))),
            threads: AtomicUsize::new(1),
            robust: RobustLists::default(),
            status: AtomicI32::new(0),
            borrowed: false,
            lends: AtomicBool::new(true),
            crew: Arc::default(),
            pid: std::process::id(),
            plan,
            symbols: OnceLock::new(),
        };
        let task = Task { signals, leads: true, scratch: Vec::new(), clear_tid: 0, program: None };
        Ok((Thread { process: Arc::new(process), task }, state, space))
    }

    /// Says how further threads run; without it a program that makes one gets EAGAIN. Only the first
    /// call counts.
    pub fn start_with(&self, crew: Crew) {
        let _ = self.crew.set(crew);
    }

    /// Decides whether a child of `vfork` may live in this process's memory, which a program that keeps to
    /// the rules of vfork cannot tell.
    pub fn set_lending(&self, lends: bool) {
        self.lends.store(lends, Ordering::Relaxed);
    }

    /// The auxiliary vector that the program was started with: pairs of words, the last of type zero.
    pub fn auxiliary(&self) -> &[u8] {
        &self.first.vector
    }

    /// The host's name of the file that a name means to the program: below `-L` where there is one.
    pub fn file_of(&self, name: CString) -> CString {
        self.root.find(&name, Last::Target).unwrap_or(name)
    }

    /// Threads that have not ended.
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::Acquire)
    }

    /// What tells the lines that `-strace` prints for this thread from others': only one of several threads and
    /// a forked child have it.
    pub(crate) fn who(&self) -> Who {
        let told = self.threads() > 1 || std::process::id() != self.pid;
        told.then(|| host::gettid().unwrap_or(0).low32())
    }

    /// Whether the process lives in its parent's memory, after `vfork`: nothing of strata's may be
    /// torn down when it ends, as it is not this process's alone.
    pub fn is_borrowed(&self) -> bool {
        self.borrowed
    }

    /// The symbols of the program; empty if it has none.
    pub fn symbols(&self) -> &Symbols {
        self.symbols.get_or_init(|| match File::open(&self.program) {
            Ok(file) => Symbols::read(&ReadCache::new(file), self.plan.bias),
            Err(_) => Symbols::default(),
        })
    }

    /// How the program and its kernel talk.
    pub fn abi(&self) -> &'static Abi {
        self.plan.abi
    }

    /// What was mapped and where it starts.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The program's absolute path, or the name of an image.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// One line about a death: signal, pc, symbol, and what was wrong.
    pub fn describe(&self, death: &Death) -> String {
        let place = self.symbols().describe(death.pc).map_or(String::new(), |name| format!(" ({name})"));
        let why = match (death.address, death.word) {
            (Some(at), _) => format!(", address {at:#x}"),
            (_, Some(word)) => format!(", instruction {word:#x}"),
            _ => String::new(),
        };
        format!("{} at pc {:#x}{place}{why}", host::signal_name(death.signal), death.pc)
    }

    /// Runs `fork` while no other thread is inside anything that a child would find half done.
    pub(crate) fn undisturbed<R>(&self, task: &Task, space: &Space, fork: impl FnOnce() -> R) -> R {
        let _heap = self.heap();
        let _robust = self.robust.lock();
        let _actions = task.signals.actions().lock();
        let _random = self.random.as_ref().map(lock);
        self.logs.undisturbed(|| space.undisturbed(fork))
    }

    pub(crate) fn heap(&self) -> MutexGuard<'_, Heap> {
        lock(&self.heap)
    }

    /// For a process that shares this one's memory for a while: the same, but its own to change.
    pub(crate) fn lend(&self) -> Self {
        let heap = Mutex::new(*self.heap());
        let random = self.random.as_ref().map(|random| Mutex::new(lock(random).split()));
        Self {
            program: self.program.clone(),
            heap,
            memory_limits: self.memory_limits.lend(),
            launcher: self.launcher.clone(),
            clock: self.clock,
            release: self.release.clone(),
            reader: self.reader.clone(),
            top: self.top,
            vdso: self.vdso,
            hidden: self.hidden.clone(),
            root: self.root.clone(),
            first: self.first.clone(),
            logs: self.logs.clone(),
            random,
            threads: AtomicUsize::new(1),
            robust: RobustLists::default(),
            status: AtomicI32::new(0),
            borrowed: true,
            lends: AtomicBool::new(false),
            crew: self.crew.clone(),
            pid: self.pid,
            plan: self.plan.clone(),
            symbols: OnceLock::new(),
        }
    }
}

/// Names this process in `/proc` and `ps` after the program, as Linux does when it starts one.
fn be_called(program: &Path) {
    let name = program.file_name().unwrap_or_default().as_bytes();
    let mut field = [0; 16];
    let len = name.len().min(15);
    field[..len].copy_from_slice(&name[..len]);
    // Only people would miss it.
    let _ = host::prctl_name(libc::PR_SET_NAME, &mut field);
}

/// What a program's file is called.
struct Names<'a> {
    /// On the host.
    path: &'a Path,
    /// To the program (`AT_EXECFN`).
    told: &'a [u8],
}

/// A file to be mapped.
struct Image<'a> {
    plan: Plan,
    source: Source<'a>,
}
