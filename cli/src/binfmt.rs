//! Starting guest programs by their names: QEMU's name for strata, and `binfmt_misc` of the host's kernel.

use crate::Outcome;
use crate::options::Command;
use spec::riscv::Guest;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What to register.
#[derive(clap::Args)]
#[command(after_help = "\
Once the host's kernel knows the line, it starts every program whose first bytes match with strata:

  strata binfmt > /proc/sys/fs/binfmt_misc/register        as root, until the host starts anew; where there is
                                                           no register: mount -t binfmt_misc binfmt_misc
                                                           /proc/sys/fs/binfmt_misc
  strata binfmt > /etc/binfmt.d/strata-riscv64.conf        for good, where systemd runs; then
                                                           systemctl restart systemd-binfmt
  update-binfmts --install strata-riscv64 STRATA --magic MAGIC --mask MASK --preserve yes --fix-binary yes
                                                           for good, on Debian, with the fourth and the fifth
                                                           field of the line
  echo -1 > /proc/sys/fs/binfmt_misc/strata-riscv64        takes it back

Of two lines that match, the kernel uses the one registered last. P hands on the name that the program was
called by, O the program already opened; F opens strata once for all, so that it also starts programs below a
changed root. There strata needs the libraries of its host, unless it was linked without any.")]
pub struct Arguments {
    /// The guest: riscv64 or riscv32
    #[arg(default_value = "riscv64")]
    guest: String,
    /// The interpreter; this command without it
    #[arg(long)]
    interpreter: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let guest = crate::asm::guest(&arguments.guest)?;
    let interpreter = match &arguments.interpreter {
        Some(path) => std::path::absolute(path)?,
        None => std::env::current_exe()?,
    };
    Ok(std::io::stdout().lock().write_all(&line(guest, &interpreter)?)?)
}

/// Bytes of an interpreter's path at most. [Documentation/admin-guide/binfmt-misc.rst]
const MOST_PATH: usize = 127;

/// `:name:type:offset:magic:mask:interpreter:flags`. The magic is the start of an ELF file: class, byte order,
/// type and machine. The mask leaves out the operating system and what tells a position-independent program
/// from another. [Documentation/admin-guide/binfmt-misc.rst; System V ABI, ELF header]
fn line(guest: &Guest, interpreter: &Path) -> Result<Vec<u8>, String> {
    let path = interpreter.as_os_str().as_bytes();
    if path.contains(&b':') || path.contains(&b'\n') || path.len() > MOST_PATH {
        let path = interpreter.display();
        return Err(format!("{path} cannot stand in the line; make a shorter link to it, without colons"));
    }
    let class = if guest.xlen == 64 { 2 } else { 1 };
    let [low, high] = guest.machine.to_le_bytes();
    let magic = [0x7f, b'E', b'L', b'F', class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, low, high];
    let mut mask = [0xff; 20];
    (mask[7], mask[16]) = (0, 0xfe);
    let escaped = |bytes: [u8; 20]| bytes.map(|byte| format!("\\x{byte:02x}")).concat();
    let head = format!(":strata-{}:M::{}:{}:", guest.name, escaped(magic), escaped(mask));
    Ok([head.as_bytes(), path, b":POF\n"].concat())
}

/// The command that a name of strata stands for, if it is one of QEMU's names.
pub fn command_of(name: &OsStr) -> Option<Command> {
    let file = Path::new(name).file_name()?.to_str()?;
    ["qemu-riscv64", "qemu-riscv32"]
        .into_iter()
        .find(|known| *known == file.strip_suffix("-static").unwrap_or(file))
        .map(Command::Qemu)
}

/// How strata was started, if not under its own name: the command and its words.
pub fn started(words: &[OsString]) -> Option<(Command, &[OsString])> {
    let (name, rest) = words.split_first()?;
    if user::host::keeps_argv0() {
        return Some((Command::Kernel, rest));
    }
    command_of(name).map(|command| (command, rest))
}

/// The guest program that a command line of strata's runs, if it runs one.
pub fn command_in(words: &[OsString]) -> Option<user::Command> {
    let (name, rest) = words.split_first()?;
    let (command, rest) = match (command_of(name), rest.split_first()) {
        (Some(command), _) => (command, rest),
        (None, Some((word, rest))) if word == "run" => (Command::Run, rest),
        (None, Some((word, rest))) if word == "step" => (Command::Step, rest),
        (None, Some((word, rest))) if word == "diff" => (Command::Diff, rest),
        (None, Some((word, rest))) if word == "trace" => (Command::Trace, rest),
        // Other commands have no slash in them.
        (None, Some((word, _))) if word.as_bytes().contains(&b'/') => (Command::Kernel, rest),
        _ => return None,
    };
    crate::options::command_in(command, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use spec::riscv::RV64;

    #[rstest]
    #[case("qemu-riscv64", Some(Command::Qemu("qemu-riscv64")))]
    #[case("/usr/bin/qemu-riscv64-static", Some(Command::Qemu("qemu-riscv64")))]
    #[case("./qemu-riscv32", Some(Command::Qemu("qemu-riscv32")))]
    #[case("strata", None)]
    #[case("qemu-riscv64/strata", None)]
    #[case("qemu-x86_64", None)]
    #[case("", None)]
    fn a_name_of_qemu_is_known(#[case] name: &str, #[case] command: Option<Command>) {
        assert_eq!(command_of(name.as_ref()), command);
    }

    #[rstest]
    #[case(&["strata", "run", "-d", "exec", "-0", "sh", "/bin/busybox", "-c", "x"], Some(("/bin/busybox", &["sh", "-c", "x"][..])))]
    #[case(&["strata", "step", "./a", "b"], Some(("./a", &["./a", "b"][..])))]
    #[case(&["/x/qemu-riscv64", "run", "b"], Some(("run", &["run", "b"][..])))]
    #[case(&["/usr/bin/strata", "/bin/a", "a", "-d"], Some(("/bin/a", &["a", "-d"][..])))]
    #[case(&["strata", "explain", "addi"], None)]
    #[case(&["strata", "run", "-h"], None)]
    #[case(&["strata"], None)]
    #[case(&[], None)]
    fn the_program_in_a_command_line_is_found(
        #[case] words: &[&str],
        #[case] wanted: Option<(&str, &[&str])>,
    ) {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let wanted = wanted.map(|(program, args)| user::Command {
            program: program.into(),
            args: args.iter().map(OsString::from).collect(),
        });
        assert_eq!(command_in(&words), wanted);
    }

    #[test]
    fn a_path_that_would_break_the_line_is_refused() {
        assert!(line(&RV64, Path::new("/a:b")).is_err());
        assert!(line(&RV64, Path::new(&format!("/{}", "a".repeat(127)))).is_err());
        assert!(line(&RV64, Path::new("/a/strata")).is_ok());
    }
}
