//! The folder that `-L` names: the `/usr`, `/lib` and `/etc` of the guest's own system.
//!
//! [`Sysroot::find`] is the one place that knows how a name is looked up there: an absolute name that
//! exists below the folder means that file, any other name means what it says.

use crate::abi::index;
use crate::host;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Links followed from one name, at most. [MAXSYMLINKS]
const MOST_LINKS: usize = 40;

/// Whether a name that is a symbolic link means the link or what it points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Last {
    /// The link itself.
    Link,
    /// What it points to.
    Target,
}

/// The folder, or none.
#[derive(Clone, Default, Debug)]
pub struct Sysroot(Option<PathBuf>);

impl Sysroot {
    /// The given folder, which later changes of the working directory do not move.
    pub fn new(folder: Option<&Path>) -> Self {
        Self(folder.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())))
    }

    /// The host's name of the file below the folder that `path` means; `None` if `path` is relative or
    /// no such file is there. A link to an absolute name, as Debian's `/etc/alternatives` are, is
    /// followed below the folder.
    pub fn find(&self, path: &CStr, last: Last) -> Option<CString> {
        let root = self.0.as_ref()?.as_os_str().as_bytes();
        let mut path = path.to_bytes().to_owned();
        for _ in 0..MOST_LINKS {
            let here = below(root, &path)?;
            let mut facts: libc::stat = host::zeroed();
            host::newfstatat(libc::AT_FDCWD, &here, &mut facts, libc::AT_SYMLINK_NOFOLLOW).ok()?;
            if last == Last::Link || facts.st_mode & libc::S_IFMT != libc::S_IFLNK {
                return Some(here);
            }
            let mut target = [0; 4096];
            let len = host::readlinkat(libc::AT_FDCWD, &here, &mut target).ok()?;
            path = beside(&path, &target[..index(len)]);
        }
        None
    }
}

/// `path` below `root`; `None` if it is relative. The parent of the root is the root.
fn below(root: &[u8], path: &[u8]) -> Option<CString> {
    let mut rest = path;
    while let Some(tail) = rest.strip_prefix(b"/") {
        rest = match tail.strip_prefix(b"..") {
            Some(after) if after.is_empty() || after.starts_with(b"/") => after,
            _ if tail.starts_with(b"/") => tail,
            _ => return CString::new([root, rest].concat()).ok(),
        };
    }
    (rest.is_empty() && !path.is_empty()).then(|| CString::new(root).ok()).flatten()
}

/// What a link at `path` with the text `target` means.
fn beside(path: &[u8], target: &[u8]) -> Vec<u8> {
    let folder = Path::new(OsStr::from_bytes(path)).parent().unwrap_or(Path::new("/"));
    folder.join(OsStr::from_bytes(target)).into_os_string().into_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/usr/bin", Some("/R/usr/bin"))]
    #[case("/", Some("/R/"))]
    #[case("//etc", Some("/R/etc"))]
    #[case("/../../etc", Some("/R/etc"))]
    #[case("/..", Some("/R"))]
    #[case("/..name", Some("/R/..name"))]
    #[case("usr", None)]
    #[case("", None)]
    fn a_name_is_put_below_the_root(#[case] path: &str, #[case] wanted: Option<&str>) {
        let found = below(b"/R", path.as_bytes());
        assert_eq!(found.as_deref().map(|p| p.to_str().unwrap()), wanted);
    }

    #[test]
    fn links_are_followed_below_the_root() {
        let folder = std::env::temp_dir().join(format!("strata-root-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("alternatives")).unwrap();
        std::fs::write(folder.join("real"), "").unwrap();
        std::os::unix::fs::symlink("/alternatives/tool", folder.join("tool")).unwrap();
        std::os::unix::fs::symlink("../real", folder.join("alternatives/tool")).unwrap();
        std::os::unix::fs::symlink("loop", folder.join("loop")).unwrap();
        let root = Sysroot::new(Some(&folder));
        let found = |path: &CStr, last| {
            root.find(path, last).map(|p| p.to_str().unwrap().replacen(folder.to_str().unwrap(), "", 1))
        };
        assert_eq!(found(c"/tool", Last::Target).as_deref(), Some("/alternatives/../real"));
        assert_eq!(found(c"/tool", Last::Link).as_deref(), Some("/tool"));
        assert_eq!(found(c"/loop", Last::Target), None);
        assert_eq!(found(c"/loop", Last::Link).as_deref(), Some("/loop"));
        assert_eq!(found(c"/absent", Last::Link), None);
        assert_eq!(Sysroot::default().find(c"/", Last::Target), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
