//! Calls that answer ENOSYS on purpose, as a kernel built without them does, and why.

/// A group of calls and the reason.
type Group = (&'static str, &'static [&'static str]);

/// Programs try these and go on without them, so `-d unimp` does not name them.
pub const REFUSED: &[Group] = &[
    (
        "the kernel would read and write rings and blocks by guest addresses",
        &[
            "io_uring_setup",
            "io_uring_enter",
            "io_uring_register",
            "io_setup",
            "io_destroy",
            "io_submit",
            "io_cancel",
            "io_getevents",
            "io_pgetevents",
            "io_pgetevents_time64",
        ],
    ),
    (
        "they look into or steer the emulator instead of the program",
        &[
            "ptrace",
            "perf_event_open",
            "bpf",
            "seccomp",
            "landlock_create_ruleset",
            "landlock_add_rule",
            "landlock_restrict_self",
            "userfaultfd",
            "process_madvise",
            "process_mrelease",
            "map_shadow_stack",
            "remap_file_pages",
            "mseal",
            "lsm_get_self_attr",
            "lsm_set_self_attr",
            "lsm_list_modules",
        ],
    ),
    (
        "they change the host's kernel",
        &["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"],
    ),
    (
        "a riscv64 kernel has no protection keys, and need not have secret memory",
        &["pkey_alloc", "pkey_free", "pkey_mprotect", "memfd_secret"],
    ),
    ("they would name files by the host's paths, past -L", &["fanotify_init", "fanotify_mark"]),
    ("the keys belong to the session of the host", &["add_key", "request_key", "keyctl"]),
    ("quotas have structures of their own for each file system", &["quotactl", "quotactl_fd"]),
    (
        "the older calls (mount, statfs, getxattr, ioctl) do the same",
        &[
            "fsopen",
            "fsconfig",
            "fsmount",
            "fspick",
            "open_tree",
            "open_tree_attr",
            "move_mount",
            "mount_setattr",
            "statmount",
            "listmount",
            "setxattrat",
            "getxattrat",
            "listxattrat",
            "removexattrat",
            "file_getattr",
            "file_setattr",
        ],
    ),
    ("futex and futex_waitv do the same", &["futex_wait", "futex_wake", "futex_requeue"]),
    ("an interrupted sequence cannot be told from one that was not; C libraries do without", &["rseq"]),
    ("no kernel has them any more", &["nfsservctl", "lookup_dcookie"]),
];

/// Whether a call is refused on purpose.
pub fn is_refused(name: &str) -> bool {
    REFUSED.iter().any(|(_, calls)| calls.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Abi, RISCV32, RISCV64};
    use rstest::rstest;

    /// Names in the list of riscv32's calls for which its kernel has no call.
    const NONE_32: [&str; 2] = ["getrlimit", "setrlimit"];

    #[rstest]
    #[case(&RISCV64, &[])]
    #[case(&RISCV32, &NONE_32)]
    fn every_call_is_answered_or_refused_for_a_reason(#[case] abi: &Abi, #[case] none: &[&str]) {
        let mut checked = 0;
        for number in 0..1024 {
            let Some(name) = abi.numbers.name(number).filter(|name| !none.contains(name)) else { continue };
            let answered = abi.numbers.call(number).is_some();
            let refused = REFUSED.iter().filter(|(_, calls)| calls.contains(&name)).count();
            assert_eq!(usize::from(answered) + refused, 1, "{name}");
            checked += 1;
        }
        assert!(checked > 300);
    }
}
