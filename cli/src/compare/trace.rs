//! `strata trace`: hashes of a program's state, and where two traces part.

use crate::diff::{DIFFERS, FAILED, alone, leave_to_others};
use crate::options::{self, Command, Options};
use crate::program::{Loaded, chain, end, load};
use crate::{complain, say};
use accel::{Accelerated, Vcpu};
use control::trace::{self, Header, MOST_BYTES, Parting, Plan, States, Trace};
use interp::Hart;
use interp::riscv::{Rv, Rv32, Rv64};
use memory::user::Space;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;

/// Instructions whose states are written at once to find a difference: a text of some megabytes.
const STATES: u64 = 1 << 12;

/// Runs the command.
pub fn run(words: &[OsString]) -> ExitCode {
    match words.split_first() {
        Some((word, files)) if word == "cmp" => compare(files),
        _ => options::read(Command::Trace, words, program),
    }
}

fn fail(sentence: &dyn std::fmt::Display) -> ExitCode {
    complain(sentence);
    ExitCode::from(FAILED)
}

fn program(options: &Options) -> ExitCode {
    let Some(path) = &options.trace.out else {
        complain(&"where does the trace go? strata trace -o FILE [options] PROG [arguments]");
        return ExitCode::from(crate::USAGE);
    };
    let file = match File::create(path) {
        Ok(file) => user::host::out_of_the_way(OwnedFd::from(file)),
        Err(error) => {
            return fail(&format!(
                "{} cannot be written ({error}); name another file with -o",
                path.display()
            ));
        }
    };
    let hidden = file.as_raw_fd();
    let loaded = match load(options, Some(hidden)) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    let out = BufWriter::new(File::from(file));
    match loaded.thread.process().abi().word_size() {
        4 => record::<Rv32>(options, loaded, out),
        _ => record::<Rv64>(options, loaded, out),
    }
}

fn record<X: Rv + Accelerated>(options: &Options, loaded: Loaded, mut out: BufWriter<File>) -> ExitCode {
    let Loaded { mut thread, state, space, .. } = loaded;
    let process = thread.process().clone();
    process.set_lending(false);
    process.start_with(alone("trace"));
    let plan = match &options.trace.states {
        Some(range) => Plan::States(range.clone()),
        None => Plan::Hashes(options.trace.every),
    };
    let mut hart = Hart::new(state, space);
    hart.clock = interp::Clock::Wall(accel::lockstep::counted);
    let mut vcpu: Box<dyn Vcpu<X, Space>> = X::vcpu(options.tier, hart, None);
    user::host::restore_streams();
    let written = header(options, &plan, &mut out)
        // A child must not inherit what is not written yet.
        .and_then(|()| out.flush())
        .and_then(|()| trace::record(vcpu.as_mut(), &mut thread, &plan, out.get_mut()));
    match written {
        Ok(ended) => {
            leave_to_others(ended, &process);
            end(ended, &process)
        }
        Err(error) => fail(&format!("the trace cannot be written: {}", chain(&error))),
    }
}

fn header(options: &Options, plan: &Plan, out: &mut dyn Write) -> std::io::Result<()> {
    let Plan::Hashes(every) = *plan else { return Ok(()) };
    let exe = std::env::current_exe().unwrap_or_default().into_os_string();
    let mut words = options.words.clone();
    words.push("--".into());
    words.push(options.program.clone().into());
    words.extend(options.arguments.iter().cloned());
    if let Some(name) = &options.name {
        words.splice(0..0, ["-0".into(), name.clone()]);
    }
    out.write_all(Header { every, exe, words }.write().as_bytes())
}

/// Compares two traces.
fn compare(words: &[OsString]) -> ExitCode {
    let (again, files) = match words.split_first() {
        Some((word, files)) if word == "-rerun" => (true, files),
        _ => (false, words),
    };
    let [a, b] = files else {
        complain(&"which traces? strata trace cmp [-rerun] A B");
        return ExitCode::from(crate::USAGE);
    };
    let traces = match (read(a), read(b)) {
        (Ok(a), Ok(b)) => [a, b],
        (Err(error), _) | (_, Err(error)) => return fail(&error),
    };
    match trace::first(&traces[0], &traces[1]) {
        Parting::Equal => {
            say(&format!("equal: {} instructions, {} stops\n", traces[0].count, traces[0].stops.len()))
        }
        Parting::Grains(a, b) => fail(&format!(
            "the traces have hashes each {a} and each {b} instructions and none in common; trace again with one -every"
        )),
        Parting::Memory(count) => {
            say(&format!(
                "the registers are equal at every stop; the memories differ before instruction {count}, as they do \
                 where a program keeps its process number\n"
            ));
            ExitCode::from(DIFFERS)
        }
        Parting::Between(range) => {
            say(&format!("the traces differ between instruction {} and {}\n", range.start, range.end));
            if again {
                return rerun([a, b], &traces, range);
            }
            say("strata trace cmp -rerun runs both programs again and finds the instruction\n");
            ExitCode::from(DIFFERS)
        }
    }
}

fn read(path: &OsStr) -> Result<Trace, String> {
    let name = Path::new(path).display();
    let unreadable = |error: std::io::Error| format!("{name} cannot be read: {}", chain(&error));
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if facts.len() > MOST_BYTES || !facts.is_file() {
        return Err(format!(
            "{name} is no file of up to {MOST_BYTES} bytes; name one that strata trace wrote"
        ));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Trace::read(&bytes).map_err(|error| format!("{name}: {error}"))
}

/// Finds the instruction: hashes each 2^k instructions first, then states.
fn rerun(names: [&OsString; 2], traces: &[Trace; 2], range: Range<u64>) -> ExitCode {
    let fine = match finer(traces, range) {
        Ok(Some(fine)) => fine,
        Ok(None) => {
            return fail(&"the programs run alike when they are run again: something outside them differed");
        }
        Err(error) => return fail(&error),
    };
    let texts = [0, 1].map(|n| states(&traces[n].header, &fine));
    let [Ok(a), Ok(b)] = &texts else {
        let error = texts.into_iter().find_map(Result::err).unwrap_or_default();
        return fail(&error);
    };
    let names = names.map(|name| name.to_string_lossy());
    let side = |n: usize, text| States { name: &names[n], text };
    match trace::told([side(0, a), side(1, b)], 64) {
        Some(text) => {
            say(&text);
            ExitCode::from(DIFFERS)
        }
        None => {
            say(&format!("registers are equal up to instruction {}: memory differs\n", fine.end));
            ExitCode::from(DIFFERS)
        }
    }
}

/// A range short enough for states.
fn finer(traces: &[Trace; 2], range: Range<u64>) -> Result<Option<Range<u64>>, String> {
    if range.end - range.start <= STATES {
        return Ok(Some(range));
    }
    let both = [0, 1]
        .map(|n| again(&traces[n].header, &["-every", &STATES.to_string()], |path| read(path.as_os_str())));
    let [a, b] = both;
    match trace::first(&a??, &b??) {
        Parting::Between(range) => Ok(Some(range.start..range.end.min(range.start + STATES))),
        Parting::Equal | Parting::Memory(_) | Parting::Grains(..) => Ok(None),
    }
}

fn states(header: &Header, range: &Range<u64>) -> Result<String, String> {
    let words = format!("{}-{}", range.start, range.end + 1);
    again(header, &["-states", &words], |path| std::fs::read_to_string(path).map_err(|error| chain(&error)))?
}

/// Runs the program of a trace again; what it prints is dropped, what it reads is empty.
fn again<T>(header: &Header, words: &[&str], then: impl FnOnce(&Path) -> T) -> Result<T, String> {
    use std::process::{Command, Stdio};
    let path = std::env::temp_dir().join(format!("strata-trace-{}", std::process::id()));
    let mut command = Command::new(&header.exe);
    command.arg("trace").arg("-o").arg(&path).args(words).args(&header.words);
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let name = Path::new(&header.exe).display();
    ran.map_err(|error| format!("{name}, which wrote the trace, cannot be run: {}", chain(&error)))?;
    let out = then(&path);
    let _ = std::fs::remove_file(&path);
    Ok(out)
}
