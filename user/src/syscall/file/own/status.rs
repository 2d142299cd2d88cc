//! `stat`, `statm` and `status`: the host's numbers, with the program's in the place of strata's.

use super::super::super::Call;
use crate::abi::Errno;
use crate::signal::{SIG_DFL, SIG_IGN, bit};
use memory::addr::PAGE;
use memory::user::{Prot, Region};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What the host has in a file of `/proc`.
pub fn of_host(path: &[u8]) -> Result<String, Errno> {
    let read = std::fs::read(OsStr::from_bytes(path));
    let bytes = read.map_err(|error| Errno::from_host(error.raw_os_error().unwrap_or(libc::EIO)))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Bytes of memory, by what they are for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Sizes {
    all: u64,
    stack: u64,
    /// What else is private and may be written.
    data: u64,
    /// Code of the program itself, and of others.
    code: u64,
    library: u64,
}

fn sizes(k: &Call<'_>) -> Sizes {
    let mut sizes = Sizes::default();
    for region in k.space.regions() {
        let own = |region: &Region| k.p.plan().low() <= region.start && region.end <= k.p.plan().high();
        let len = region.len();
        sizes.all += len;
        match &region {
            stack if stack.end == k.p.top => sizes.stack += len,
            code if code.prot.contains(Prot::EXEC) && own(code) => sizes.code += len,
            code if code.prot.contains(Prot::EXEC) => sizes.library += len,
            data if data.prot.contains(Prot::WRITE) && !data.shared => sizes.data += len,
            _ => {}
        }
    }
    sizes
}

/// The signals that the program ignores, and those that it handles.
fn dispositions(k: &Call<'_>) -> (u64, u64) {
    let actions = k.task.signals.actions();
    let mut sets = (0, 0);
    for signal in 1..=64 {
        match actions.get(signal).handler {
            SIG_DFL => {}
            SIG_IGN => sets.0 |= bit(signal),
            _ => sets.1 |= bit(signal),
        }
    }
    sets
}

/// One line of numbers behind the name in brackets. [proc_pid_stat(5)]
pub fn stat(k: &Call<'_>, host: &str) -> Vec<u8> {
    let Some((name, rest)) = host.rsplit_once(") ") else { return host.into() };
    let mut fields: Vec<String> = rest.split_ascii_whitespace().map(Into::into).collect();
    let (ignored, caught) = dispositions(k);
    let (plan, first) = (k.p.plan(), &k.p.first);
    let code = plan.segments.iter().filter(|segment| segment.prot.contains(Prot::EXEC));
    let data = plan.segments.iter().filter(|segment| segment.prot.contains(Prot::WRITE));
    let (code_end, data_end) =
        (code.map(|s| s.start + s.file).max(), data.clone().map(|s| s.start + s.file).max());
    // Numbers of fields as the manual page counts them; masks hold what fits in 31 signals.
    let numbers = [
        (23, sizes(k).all),
        (26, plan.segments.first().map_or(0, |segment| segment.start)),
        (27, code_end.unwrap_or(0)),
        (28, first.sp),
        (29, 0),
        (30, 0),
        (33, ignored & 0x7fff_ffff),
        (34, caught & 0x7fff_ffff),
        (45, data.map(|segment| segment.start).min().unwrap_or(0)),
        (46, data_end.unwrap_or(0)),
        (47, plan.high()),
        (48, first.args.start),
        (49, first.args.end),
        (50, first.env.start),
        (51, first.env.end),
    ];
    for (field, value) in numbers {
        // The name is the second field, and the third comes first here.
        if let Some(slot) = fields.get_mut(field - 3) {
            *slot = value.to_string();
        }
    }
    format!("{name}) {}\n", fields.join(" ")).into_bytes()
}

/// Pages: all, resident, shared, code, nothing, data and stack, nothing. [proc_pid_statm(5)]
pub fn statm(k: &Call<'_>, host: &str) -> Vec<u8> {
    let mut fields: Vec<String> = host.split_ascii_whitespace().map(Into::into).collect();
    let sizes = sizes(k);
    for (field, bytes) in [(0, sizes.all), (3, sizes.code), (5, sizes.data + sizes.stack)] {
        if let Some(slot) = fields.get_mut(field) {
            *slot = (bytes / PAGE).to_string();
        }
    }
    format!("{}\n", fields.join(" ")).into_bytes()
}

/// A line for each fact. [proc_pid_status(5)]
pub fn status(k: &Call<'_>, host: &str) -> Vec<u8> {
    let (sizes, (ignored, caught)) = (sizes(k), dispositions(k));
    let mut text = String::new();
    for line in host.lines() {
        let name = line.split(':').next().unwrap_or_default();
        let kilobytes = match name {
            "VmPeak" | "VmSize" => Some(sizes.all),
            "VmData" => Some(sizes.data),
            "VmStk" => Some(sizes.stack),
            "VmExe" => Some(sizes.code),
            "VmLib" => Some(sizes.library),
            _ => None,
        };
        let set = match name {
            "SigIgn" => Some(ignored),
            "SigCgt" => Some(caught),
            _ => None,
        };
        text += &match (kilobytes, set) {
            (Some(bytes), _) => format!("{name}:\t{:8} kB", bytes / 1024),
            (_, Some(set)) => format!("{name}:\t{set:016x}"),
            _ => line.to_owned(),
        };
        text += "\n";
    }
    text.into_bytes()
}
