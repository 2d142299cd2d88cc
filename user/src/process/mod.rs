//! One program as its kernel sees it.

mod error;
mod load;
mod logs;
mod root;
mod thread;

pub use error::{Error, ErrorKind};
pub use logs::{Log, Quiet};
pub use root::{Last, Sysroot};
pub use thread::{Backing, Crew, Death, EndProcess, Next, RunThread, Task, Thread};

use crate::abi::Abi;
use crate::elf::{self, ElfError, Plan, Source, Symbols};
use crate::host;
use crate::signal::{Actions, Signals};
use crate::stack::{self, Contents, Random};
use crate::strace::Who;
use crate::syscall::Heap;
use logs::Logs;
use memory::addr::page_up;
use memory::user::{MapKind, Placement, Prot, Space, SpaceError};
use object::read::ReadCache;
use spec::bits::Low;
use spec::riscv::State;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a person may choose about a program's surroundings.
#[derive(Default)]
pub struct Options {
    /// Decides `AT_RANDOM` and `getrandom`; the host's randomness without it.
    pub seed: Option<u64>,
    /// The command that runs a further guest program: its first word is executed, and
    /// `-0 NAME PROGRAM ARGUMENTS…` is added. Without it a guest program cannot start another one.
    pub launcher: Vec<OsString>,
    /// Where `-d unimp` goes: one line, without its end, for each call that is not implemented.
    pub unimplemented: Option<Log>,
    /// Runs its argument while nobody writes to what is behind the logs, for a fork.
    pub quiet: Option<Quiet>,
    /// Descriptors of strata's own, which do not exist for the program.
    pub hidden: Vec<RawFd>,
    /// `-L`: absolute names that exist below this folder mean the files there.
    pub root: Option<PathBuf>,
    /// Where `-strace` goes: one line, without its end, for each system call.
    pub strace: Option<Log>,
    /// Bytes of stack, brought to whole pages in [`stack::SIZES`] up to [`stack::most`];
    /// [`stack::SIZE`] without it.
    pub stack: Option<u64>,
}

impl Options {
    fn stack_size(&self, abi: &Abi) -> u64 {
        let wanted = self.stack.unwrap_or(stack::SIZE).clamp(*stack::SIZES.start(), stack::most(abi));
        page_up(wanted).unwrap_or(stack::SIZE)
    }
}

/// The kernel's side of one program, shared by its threads.
pub struct Process {
    /// Absolute, for `/proc/self/exe`.
    pub(crate) program: PathBuf,
    pub(crate) heap: Mutex<Heap>,
    pub(crate) launcher: Vec<OsString>,
    pub(crate) hidden: Vec<RawFd>,
    pub(crate) root: Sysroot,
    /// Where its arguments lie on the stack, and its auxiliary vector.
    pub(crate) first: stack::Built,
    pub(crate) logs: Arc<Logs>,
    /// The generator behind `getrandom`, if seeded.
    pub(crate) random: Option<Mutex<Random>>,
    /// Threads that have not ended.
    pub(crate) threads: AtomicUsize,
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
        let root = Sysroot::new(options.root.as_deref());
        let own = load::program(program, |abi| room(&options, abi))?;
        let linker = load::linker(program, &own.plan, &root, room(&options, own.plan.abi))?;
        let first = Image { plan: own.plan, source: Source::File(&own.file) };
        let linker = linker.as_ref().map(|l| Image { plan: l.plan.clone(), source: Source::File(&l.file) });
        let loaded = Self::start(first, linker, program.as_os_str().as_bytes(), args, env, options)?;
        be_called(program);
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
        let plan = Plan::read(bytes, |abi| room(&options, abi)).map_err(refuse)?;
        if let Some(linker) = &plan.linker {
            return Err(refuse(ElfError::Dynamic { linker: linker.to_string_lossy().into_owned() }));
        }
        let symbols = Symbols::read(bytes, plan.bias);
        let image = Image { plan, source: Source::Bytes(bytes) };
        let (thread, state, space) = Self::start(image, None, name.as_bytes(), args, env, options)?;
        // The cell is empty: nobody has asked yet.
        let _ = thread.process.symbols.set(symbols);
        Ok((thread, state, space))
    }

    fn start(
        image: Image<'_>,
        linker: Option<Image<'_>>,
        name: &[u8],
        args: &[OsString],
        env: &[OsString],
        options: Options,
    ) -> Result<(Thread, State, Space), Error> {
        let Image { plan, source } = image;
        let abi = plan.abi;
        let space = space(&options, abi)?;
        let no_memory = |e: memory::user::MapError| Error::Map { errno: e.into() };
        let loaded = elf::map(&plan, source, &space).map_err(no_memory)?;
        if let Some(linker) = &linker {
            elf::map(&linker.plan, linker.source, &space).map_err(no_memory)?;
        }
        let contents = Contents {
            plan: &plan,
            linker: linker.as_ref().map_or(0, |linker| linker.plan.bias),
            size: options.stack_size(abi),
            name,
            args,
            env,
            random: stack::random_bytes(options.seed),
        };
        let first = stack::build(&contents, &space)?;
        let trampoline = map_trampoline(abi, &space).map_err(no_memory)?;
        let mut state = State::new();
        state.pc = abi.register(linker.map_or(plan.entry, |linker| linker.plan.entry));
        state.x[2] = abi.register(first.sp);
        let mut signals = Signals::new(abi, Arc::new(Actions::inherited()), trampoline);
        signals.entered = options.strace.is_some().then(Vec::new);
        let path = Path::new(std::ffi::OsStr::from_bytes(name));
        let process = Self {
            program: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            heap: Mutex::new(Heap::new(loaded.end)),
            launcher: options.launcher,
            hidden: options.hidden,
            root: Sysroot::new(options.root.as_deref()),
            first,
            logs: Arc::new(Logs::new(options.strace, options.unimplemented, options.quiet)),
            random: options.seed.map(|seed| Mutex::new(Random::new(!seed))),
            threads: AtomicUsize::new(1),
            status: AtomicI32::new(0),
            borrowed: false,
            lends: AtomicBool::new(true),
            crew: Arc::default(),
            pid: std::process::id(),
            plan,
            symbols: OnceLock::new(),
        };
        let task = Task { signals, scratch: Vec::new(), clear_tid: 0, robust: 0, program: None };
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
        let _actions = task.signals.actions().lock();
        let _random =
            self.random.as_ref().map(|random| random.lock().unwrap_or_else(PoisonError::into_inner));
        self.logs.undisturbed(|| space.undisturbed(fork))
    }

    pub(crate) fn heap(&self) -> MutexGuard<'_, Heap> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a process that shares this one's memory for a while: the same, but its own to change.
    pub(crate) fn lend(&self) -> Self {
        let heap = Mutex::new(*self.heap());
        let random = self
            .random
            .as_ref()
            .map(|random| Mutex::new(random.lock().unwrap_or_else(PoisonError::into_inner).clone()));
        Self {
            program: self.program.clone(),
            heap,
            launcher: self.launcher.clone(),
            hidden: self.hidden.clone(),
            root: self.root.clone(),
            first: self.first.clone(),
            logs: self.logs.clone(),
            random,
            threads: AtomicUsize::new(1),
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

/// Where programs, mappings and heap end: below the stack and its guard.
fn room(options: &Options, abi: &Abi) -> u64 {
    abi.top - options.stack_size(abi) - stack::GUARD
}

/// As many addresses as the ABI's words can name.
fn space(options: &Options, abi: &Abi) -> Result<Space, SpaceError> {
    let room = room(options, abi);
    if abi.word_size() == 4 { Space::with_window(1 << 32, room) } else { Space::new(room) }
}

/// A file to be mapped.
struct Image<'a> {
    plan: Plan,
    source: Source<'a>,
}

fn map_trampoline(abi: &Abi, space: &Space) -> Result<u64, memory::user::MapError> {
    let at = space.map(Placement::Anywhere, 4096, Prot::RW, MapKind::ANONYMOUS)?;
    space.copy_out(at, abi.trampoline).map_err(|_| memory::user::MapError::EFAULT)?;
    space.protect(at, 4096, Prot::RX)?;
    Ok(at)
}
