//! `strata diff`: a Linux program in two tiers at once.

use crate::complain;
use crate::options::{self, Command, Options};
use crate::program::{Loaded, chain, end, load};
use accel::lockstep::narrow::in_piece;
use accel::lockstep::report::{self, tell};
use accel::lockstep::{Found, Recorded, Side};
use accel::{Accelerated, Tier};
use control::diff::{Compared, Diff, Verdict};
use control::program::Ended;
use interp::riscv::{Rv, Rv32, Rv64};
use spec::riscv::State;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use user::{Crew, Next, Process, Thread};

/// Exit status where something differed.
pub const DIFFERS: u8 = 1;
/// Exit status where nothing could be compared.
pub const FAILED: u8 = 125;

/// Runs the command.
pub fn run(words: &[OsString]) -> ExitCode {
    options::read(Command::Diff, words, program)
}

fn program(options: &Options) -> ExitCode {
    if let Some(path) = &options.diff.replay {
        return replay(path, options);
    }
    let loaded = match load(options, None) {
        Ok(loaded) => loaded,
        Err(status) => return status,
    };
    match loaded.thread.process().abi().word_size() {
        4 => compare::<Rv32>(options, loaded),
        _ => compare::<Rv64>(options, loaded),
    }
}

/// Where the processes of a program add up what they compared: a file of the first of them.
pub fn tally(options: &Options) -> PathBuf {
    let own = || temporary("tally");
    options.diff.tally.clone().unwrap_or_else(own)
}

fn temporary(kind: &str) -> PathBuf {
    std::env::temp_dir().join(format!("strata-diff-{}.{kind}", std::process::id()))
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    complain(&chain(error));
    ExitCode::from(FAILED)
}

fn compare<X: Rv + Accelerated>(options: &Options, loaded: Loaded) -> ExitCode {
    let Loaded { mut thread, state, space, .. } = loaded;
    let sides = options.diff.sides.each_ref().map(|(name, tier)| Side::<X>::of(*tier, name));
    let mut diff = match Diff::new(sides, &state, space, options.diff.grain) {
        Ok(diff) => diff,
        Err(error) => return failed(&error),
    };
    let process = thread.process().clone();
    // A child has both copies of the memory.
    process.set_lending(false);
    process.start_with(alone("diff"));
    let tally = tally(options);
    let begun = std::process::id();
    // A program that goes on as another by execve is still the one that was asked for.
    let is_first = || std::process::id() == begun && tally == temporary("tally");
    user::host::restore_streams();
    let verdict = match diff.run(&mut thread) {
        Ok(verdict) => verdict,
        Err(error) => return failed(&error),
    };
    if let Verdict::Equal(ended) = &verdict {
        leave_to_others(*ended, &process);
    }
    let differs = !matches!(verdict, Verdict::Equal(_));
    note(&tally, diff.compared(), differs);
    match verdict {
        Verdict::Equal(ended) if !is_first() => return end(ended, &process),
        Verdict::Equal(ended) => killed(ended, &process),
        Verdict::Differ(found) => show(diff.sides(), &found),
        Verdict::Unsteady(difference) => {
            let mut text = "they differed once, but not when the same was run again:\n".to_owned();
            let [a, b] = diff.sides().each_ref().map(|side| side.name.as_str());
            report::difference::<X>(&mut text, [a, b], &difference.halts[0].state, &difference);
            complain(&text.trim_end());
        }
    }
    if is_first() { summary(&tally, diff.sides()) } else { ExitCode::from(DIFFERS) }
}

/// Says how a program was killed, which the exit status does not.
fn killed(ended: Ended, process: &Process) {
    if let Ended::Killed(death) = ended {
        complain(&format!("the program was killed by {}", process.describe(&death)));
    }
}

/// Ends a program that makes a second thread: two of them run in no order that could be repeated.
pub fn alone(command: &'static str) -> Crew {
    let run = move |_: &mut Thread, _: State| -> (Next, State) {
        complain(&format!(
            "strata {command} runs programs of one thread, and this one starts a second; run it with strata run"
        ));
        std::process::exit(FAILED.into())
    };
    Crew { run: Box::new(run), end: Box::new(|_, _| {}) }
}

/// Where the first thread has ended before the second has been refused, lets that end the program.
pub fn leave_to_others(ended: Ended, process: &Process) {
    let own = usize::from(ended != Ended::Left);
    while process.threads() > own {
        std::thread::park();
    }
}

/// Tells of a difference, and writes the scene that shows it again.
fn show<X: Rv>(sides: &[Side<X>; 2], found: &Found) {
    let mut text = tell(sides, found);
    let recorded = Recorded {
        xlen: X::XLEN,
        sides: sides.each_ref().map(|side| side.name.clone()),
        budget: found.budget,
        scene: found.scene.clone(),
    };
    let path = temporary("scene");
    text += &match std::fs::write(&path, recorded.write()) {
        Ok(()) => format!("replay: strata diff -replay {}", path.display()),
        Err(error) => format!("{} cannot be written ({error}), so there is no replay", path.display()),
    };
    complain(&text);
}

/// Adds a line to the tally. One that cannot be written is missing in the sum.
fn note(path: &Path, compared: Compared, differs: bool) {
    let Compared { instructions, stops, memories, calls } = compared;
    let line = format!("{instructions} {stops} {memories} {calls} {}\n", u8::from(differs));
    let file = File::options().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

/// Adds the tally up.
fn summary<X: Rv>(path: &Path, sides: &[Side<X>; 2]) -> ExitCode {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    let mut sums = [0u64; 5];
    for line in text.lines() {
        for (sum, word) in sums.iter_mut().zip(line.split(' ')) {
            *sum = sum.saturating_add(word.parse().unwrap_or(0));
        }
    }
    let [instructions, stops, memories, calls, differ] = sums;
    let processes = text.lines().count();
    let [a, b] = sides.each_ref().map(|side| side.name.as_str());
    let word = if differ == 0 { "equal" } else { "differ" };
    complain(&format!(
        "{a} and {b} {word}: {instructions} instructions in {stops} pieces, {memories} comparisons of memory, \
         {calls} calls and signals, processes: {processes}"
    ));
    ExitCode::from(if differ == 0 { 0 } else { DIFFERS })
}

/// Runs a scene.
fn replay(path: &Path, options: &Options) -> ExitCode {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            complain(&format!(
                "{} cannot be read ({error}); name a file that strata diff wrote",
                path.display()
            ));
            return ExitCode::from(FAILED);
        }
    };
    match Recorded::read(&text) {
        Ok(recorded) if recorded.xlen == 32 => again::<Rv32>(&recorded, options),
        Ok(recorded) => again::<Rv64>(&recorded, options),
        Err(error) => failed(&error),
    }
}

fn again<X: Rv + Accelerated>(recorded: &Recorded, options: &Options) -> ExitCode {
    let mut sides = vec![];
    for (name, chosen) in recorded.sides.iter().zip(&options.diff.sides) {
        let side = if options.diff.chosen {
            Ok(chosen.clone())
        } else {
            Tier::parse(name).map(|tier| (name.clone(), tier))
        };
        match side {
            Ok((name, tier)) => sides.push(Side::<X>::of(tier, &name)),
            Err(error) => return failed(&error),
        }
    }
    let Ok(sides) = <[Side<X>; 2]>::try_from(sides) else { return ExitCode::from(FAILED) };
    match in_piece(&sides, &recorded.scene, recorded.budget) {
        Ok(Some(found)) => {
            complain(&tell(&sides, &found).trim_end());
            ExitCode::from(DIFFERS)
        }
        Ok(None) => {
            let [a, b] = sides.each_ref().map(|side| side.name.as_str());
            complain(&format!("{a} and {b} are equal in this scene"));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}
