//! One program as its kernel sees it.

use crate::abi::{Abi, Errno};
use crate::elf::{self, ElfError, Plan, Source, Symbols};
use crate::host;
use crate::load;
use crate::root::Sysroot;
use crate::signal::{Cause, Signals};
use crate::stack::{self, Contents, Random};
use crate::strace;
use crate::syscall::{self, Heap};
use accel::hooks::Recorder;
use interp::riscv::Rv;
use interp::{Hart, Memory};
use memory::addr::page_up;
use memory::user::{MapKind, Placement, Prot, Space, SpaceError};
use object::read::ReadCache;
use spec::riscv::{State, Trap};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A memory that stands on a [`Space`].
pub trait Backing: Memory {
    /// The space.
    fn space(&self) -> &Space;
}

impl Backing for Space {
    fn space(&self) -> &Space {
        self
    }
}

impl<M: Backing> Backing for Recorder<M> {
    fn space(&self) -> &Space {
        self.inner.space()
    }
}

impl<M: Backing> Backing for &mut M {
    fn space(&self) -> &Space {
        (**self).space()
    }
}

/// What the run loop does after a trap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Go on at the state's pc.
    Continue,
    /// The program ended with this status, 0 to 255.
    Exited(i32),
    /// A signal killed the program.
    Killed(Death),
}

/// How a program died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Death {
    /// The signal's number.
    pub signal: i32,
    /// The address of the instruction that did it, or of the next one for a signal it was sent.
    pub pc: u64,
    /// The memory address that could not be reached, for a fault.
    pub address: Option<u64>,
    /// The instruction word that does not exist, for an illegal instruction.
    pub word: Option<u32>,
}

/// Takes lines of a log, without their ends.
pub type Log = Box<dyn FnMut(&str)>;

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

/// How bad, as a shell would say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// There is no such file: exit status 127.
    NotFound,
    /// There is, but it cannot be executed: exit status 126.
    NotExecutable,
    /// The host refused something else: exit status 1.
    Host,
}

/// A program that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("{path} cannot be opened; check its name and your permission")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory, device or pipe.
    #[error("{path} is not a regular file; give the program itself")]
    NotFile {
        /// The file.
        path: PathBuf,
    },
    /// No `x` permission.
    #[error("{path} is not executable; allow it with `chmod +x`")]
    Permission {
        /// The file.
        path: PathBuf,
    },
    /// Not a program for this machine.
    #[error("{path} cannot run here")]
    Elf {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ElfError,
    },
    /// The dynamic linker could not be opened.
    #[error(
        "{program} asks for the dynamic linker {linker}, which cannot be opened; name the root of a {machine} system with -L"
    )]
    NoLinker {
        /// The program.
        program: PathBuf,
        /// Its linker.
        linker: PathBuf,
        /// What it is for.
        machine: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The dynamic linker was found, but is none.
    #[error("{program} cannot start without its dynamic linker")]
    Linker {
        /// The program.
        program: PathBuf,
        /// What is wrong with the linker.
        source: Box<Error>,
    },
    /// No address space.
    #[error("no address space for the program")]
    Space(#[from] SpaceError),
    /// No memory.
    #[error("the program does not fit in the host's memory (errno {}); free some or raise `ulimit -v`", errno.number())]
    Map {
        /// The host's error number.
        errno: Errno,
    },
    /// Too many arguments.
    #[error(
        "arguments and environment take {bytes} bytes, more than the {most} a program gets; shorten them"
    )]
    Arguments {
        /// Bytes they take.
        bytes: usize,
        /// Bytes there are.
        most: usize,
    },
}

impl Error {
    /// How bad it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Open { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ErrorKind::NotFound,
                _ => ErrorKind::NotExecutable,
            },
            Self::NotFile { .. }
            | Self::Permission { .. }
            | Self::Elf { .. }
            | Self::NoLinker { .. }
            | Self::Linker { .. } => ErrorKind::NotExecutable,
            Self::Space(_) | Self::Map { .. } | Self::Arguments { .. } => ErrorKind::Host,
        }
    }
}

/// The kernel's side of one program.
pub struct Process {
    /// Absolute, for `/proc/self/exe`.
    pub(crate) program: PathBuf,
    pub(crate) heap: Heap,
    pub(crate) signals: Signals,
    pub(crate) launcher: Vec<OsString>,
    pub(crate) hidden: Vec<RawFd>,
    pub(crate) root: Sysroot,
    /// Where its arguments lie on the stack, and its auxiliary vector.
    pub(crate) first: stack::Built,
    /// Takes a line for each system call.
    pub(crate) strace: Option<Log>,
    /// The generator behind `getrandom`, if seeded.
    pub(crate) random: Option<Random>,
    /// A buffer that calls share, so that each need not allocate.
    pub(crate) scratch: Vec<u8>,
    /// Where the kernel writes zero when the program's thread ends.
    pub(crate) clear_tid: u64,
    unimplemented: Option<Log>,
    /// Numbers already named.
    named: HashSet<u64>,
    plan: Plan,
    /// Read when first asked for.
    symbols: Option<Symbols>,
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
    ) -> Result<(Self, State, Space), Error> {
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
    ) -> Result<(Self, State, Space), Error> {
        let refuse = |source| Error::Elf { path: name.into(), source };
        let plan = Plan::read(bytes, |abi| room(&options, abi)).map_err(refuse)?;
        if let Some(linker) = &plan.linker {
            return Err(refuse(ElfError::Dynamic { linker: linker.to_string_lossy().into_owned() }));
        }
        let symbols = Symbols::read(bytes, plan.bias);
        let image = Image { plan, source: Source::Bytes(bytes) };
        let (mut process, state, space) = Self::start(image, None, name.as_bytes(), args, env, options)?;
        process.symbols = Some(symbols);
        Ok((process, state, space))
    }

    fn start(
        image: Image<'_>,
        linker: Option<Image<'_>>,
        name: &[u8],
        args: &[OsString],
        env: &[OsString],
        options: Options,
    ) -> Result<(Self, State, Space), Error> {
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
        let mut signals = Signals::new(abi, trampoline);
        signals.entered = options.strace.is_some().then(Vec::new);
        let path = Path::new(std::ffi::OsStr::from_bytes(name));
        let process = Self {
            program: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            heap: Heap::new(loaded.end),
            signals,
            launcher: options.launcher,
            hidden: options.hidden,
            root: Sysroot::new(options.root.as_deref()),
            first,
            strace: options.strace,
            random: options.seed.map(|seed| Random::new(!seed)),
            scratch: Vec::new(),
            clear_tid: 0,
            unimplemented: options.unimplemented,
            named: HashSet::new(),
            plan,
            symbols: None,
        };
        Ok((process, state, space))
    }

    /// Answers a trap: a system call, or an exception that becomes a signal.
    pub fn trap<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>, trap: Trap) -> Next {
        let space = hart.mem.space();
        let next = match trap {
            Trap::EnvironmentCall => syscall::enter(self, space, &mut hart.state),
            other => self.except(space, &mut hart.state, other),
        };
        let next = match next {
            Next::Continue => self.interrupt_state(hart),
            other => other,
        };
        self.trace_signals(next);
        next
    }

    /// Delivers a signal that has arrived, if any: to be called when a budget is spent.
    pub fn interrupt<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>) -> Next {
        let next = self.interrupt_state(hart);
        self.trace_signals(next);
        next
    }

    fn interrupt_state<X: Rv, M: Backing>(&mut self, hart: &mut Hart<X, M>) -> Next {
        if !self.signals.any_waiting() {
            return Next::Continue;
        }
        self.signals.deliver_waiting(hart.mem.space(), &mut hart.state)
    }

    /// Logs the signals whose handlers have just been entered, and death.
    fn trace_signals(&mut self, next: Next) {
        let Some(entered) = &mut self.signals.entered else { return };
        let entered = std::mem::take(entered);
        for info in &entered {
            self.trace(Some(strace::signal(info)));
        }
        if let Next::Killed(death) = next {
            self.trace(Some(strace::death(death.signal)));
        }
    }

    fn except(&mut self, space: &Space, state: &mut State, trap: Trap) -> Next {
        let cause = Cause::of(trap, |at| is_bus(space, at), |at| space.region_at(at).is_some(), self.abi().unsigned(state.pc));
        self.signals.force(space, state, cause)
    }

    /// Logs a line about a system call, if there is one and somebody listens.
    pub(crate) fn trace(&mut self, line: Option<String>) {
        if let (Some(log), Some(line)) = (&mut self.strace, line) {
            log(&line);
        }
    }

    /// Names an unimplemented call once, if somebody listens.
    pub(crate) fn name_unimplemented(&mut self, number: u64, name: &str) {
        if let Some(log) = &mut self.unimplemented
            && self.named.insert(number)
        {
            log(&format!("system call {name} ({number}) is not implemented: the program gets ENOSYS"));
        }
    }

    /// The symbols of the program; empty if it has none.
    pub fn symbols(&mut self) -> &Symbols {
        let (program, bias) = (&self.program, self.plan.bias);
        self.symbols.get_or_insert_with(|| match File::open(program) {
            Ok(file) => Symbols::read(&ReadCache::new(file), bias),
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
    pub fn describe(&mut self, death: &Death) -> String {
        let place = self.symbols().describe(death.pc).map_or(String::new(), |name| format!(" ({name})"));
        let why = match (death.address, death.word) {
            (Some(at), _) => format!(", address {at:#x}"),
            (_, Some(word)) => format!(", instruction {word:#x}"),
            _ => String::new(),
        };
        format!("{} at pc {:#x}{place}{why}", host::signal_name(death.signal), death.pc)
    }
}

/// Whether a page is mapped from a file but beyond its end: then the host says so once more.
fn is_bus(space: &Space, at: u64) -> bool {
    space.load::<u8>(at).is_err_and(|fault| fault.bus)
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
