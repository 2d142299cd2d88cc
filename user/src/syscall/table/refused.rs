//! Calls that answer ENOSYS on purpose, as a kernel built without them does, and why.

use syscalls::riscv64::Sysno;

/// A group of calls and the reason.
type Group = (&'static str, &'static [Sysno]);

/// Programs try these and go on without them, so `-d unimp` does not name them.
pub const REFUSED: &[Group] = {
    use Sysno::*;
    &[
        (
            "the kernel would read and write rings and blocks by guest addresses",
            &[
                io_uring_setup,
                io_uring_enter,
                io_uring_register,
                io_setup,
                io_destroy,
                io_submit,
                io_cancel,
                io_getevents,
                io_pgetevents,
            ],
        ),
        (
            "they look into or steer the emulator instead of the program",
            &[
                ptrace,
                perf_event_open,
                bpf,
                seccomp,
                landlock_create_ruleset,
                landlock_add_rule,
                landlock_restrict_self,
                userfaultfd,
                process_madvise,
                process_mrelease,
                map_shadow_stack,
                remap_file_pages,
                mseal,
                lsm_get_self_attr,
                lsm_set_self_attr,
                lsm_list_modules,
            ],
        ),
        (
            "they change the host's kernel",
            &[init_module, finit_module, delete_module, kexec_load, kexec_file_load],
        ),
        (
            "a riscv64 kernel has no protection keys, and need not have secret memory",
            &[pkey_alloc, pkey_free, pkey_mprotect, memfd_secret],
        ),
        ("they would name files by the host's paths, past -L", &[fanotify_init, fanotify_mark]),
        ("the keys belong to the session of the host", &[add_key, request_key, keyctl]),
        ("quotas have structures of their own for each file system", &[quotactl, quotactl_fd]),
        (
            "the older calls (mount, statfs, getxattr, ioctl) do the same",
            &[
                fsopen,
                fsconfig,
                fsmount,
                fspick,
                open_tree,
                open_tree_attr,
                move_mount,
                mount_setattr,
                statmount,
                listmount,
                setxattrat,
                getxattrat,
                listxattrat,
                removexattrat,
                file_getattr,
                file_setattr,
            ],
        ),
        ("futex and futex_waitv do the same", &[futex_wait, futex_wake, futex_requeue]),
        ("an interrupted sequence cannot be told from one that was not; C libraries do without", &[rseq]),
        ("no kernel has them any more", &[nfsservctl, lookup_dcookie]),
    ]
};

/// Whether a call is refused on purpose.
pub fn is_refused(sysno: Sysno) -> bool {
    REFUSED.iter().any(|(_, calls)| calls.contains(&sysno))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syscall::SIGNATURES;

    #[test]
    fn every_call_is_answered_or_refused_for_a_reason() {
        for sysno in Sysno::iter() {
            let answered = SIGNATURES.iter().any(|(row, _)| *row == sysno);
            let refused = REFUSED.iter().filter(|(_, calls)| calls.contains(&sysno)).count();
            assert_eq!(usize::from(answered) + refused, 1, "{}", sysno.name());
        }
    }
}
