//! Debian's kernel with consoles and ports on virtio.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::{Debian, Folder, debian};
use common::{Outcome, outcome, root, strata};
use rstest::rstest;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Debian's kernel with a console on virtio, and no serial port that anybody hears.
fn on_hvc0(debian: &Debian, script: &str) -> Command {
    let mut command = strata(["boot", "-m", "512M", "-append", "console=hvc0", "-d", "guest_errors"]);
    command.arg("-kernel").arg(&debian.kernel).arg("-initrd").arg(&debian.initrd);
    command.args(["-chardev", "stdio,id=c", "-device", "virtio-serial-device"]);
    command.args(["-device", "virtconsole,chardev=c"]);
    command.current_dir(root()).stdin(File::open(script).unwrap());
    command
}

#[rstest]
#[case("on")]
#[case("off")]
fn debians_kernel_talks_on_a_virtio_console(#[case] legacy: &str) {
    let Some(debian) = debian() else { return };
    let folder = Folder::new(&format!("hvc-{legacy}"));
    let script =
        folder.script("cat /sys/class/tty/console/active; seq 3 5 | tr '\\n' +; echo\npoweroff -f\n");
    let global = format!("virtio-mmio.force-legacy={legacy}");
    let done = outcome(on_hvc0(&debian, &script).args(["-global", &global]));
    assert_eq!((done.end, &*done.err), (Ok(0), ""), "{}", done.out);
    for line in ["hvc0\r\n3+4+5+\r\n", "reboot: Power down"] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
}

#[test]
fn a_program_of_debians_talks_to_the_host_through_a_named_port() {
    let Some(debian) = debian() else { return };
    let folder = Folder::new("vport");
    let socket = folder.path("socket");
    // The port's name is known by the kernel; where nobody makes links of it, sysfs has it.
    let script = folder.script(
        "cat /sys/class/virtio-ports/*/name; head -n 1 </dev/vport0p1 >line; cat line; md5sum line\n\
         seq 20000 >/dev/vport0p1; poweroff -f\n",
    );
    let chardev = format!("socket,path={socket},server=on,id=p");
    let mut command = on_hvc0(&debian, &script);
    command.args(["-chardev", &chardev, "-device", "virtserialport,chardev=p,name=org.strata.test"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let connected = (0..400).find_map(|_| {
        std::thread::sleep(Duration::from_millis(25));
        UnixStream::connect(&socket).ok()
    });
    let mut host = connected.unwrap();
    let line = "x".repeat(20_000) + "\n";
    host.write_all(line.as_bytes()).unwrap();
    let mut answer = String::new();
    host.read_to_string(&mut answer).unwrap();
    let done = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!(done.end, Ok(0), "{}{}", done.out, done.err);
    assert!(done.out.contains("org.strata.test\r\n"), "{}", done.out);
    assert!(done.out.contains(line.trim_end()), "{}", done.out);
    let wanted: String = (1..=20000).map(|n| format!("{n}\n")).collect();
    assert!(answer == wanted, "{} bytes of {}", answer.len(), wanted.len());
}
