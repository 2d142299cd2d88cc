// Scheduling, limits, identities and namespaces.
#include "show.h"
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <grp.h>

struct attributes { unsigned size, policy; unsigned long flags; int nice; unsigned priority; unsigned long a, b, c; unsigned lo, hi; };

static void policies(void) {
  struct sched_param p = {9};
  SHOW(sched_getscheduler(0));
  SHOW(sched_getparam(0, &p));
  SHOW(p.sched_priority);
  SHOW(sched_setscheduler(0, SCHED_BATCH, &p));
  SHOW(sched_getscheduler(0));
  p.sched_priority = 5;
  SHOW(sched_setscheduler(0, SCHED_OTHER, &p));
  SHOW(sched_setscheduler(0, 99, &p));
  SHOW(sched_setscheduler(0, -1, &p));
  SHOW(sched_setparam(0, NULL));
  SHOW(syscall(SYS_sched_getparam, 0, NULL));
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_RR));
  SHOW(sched_get_priority_max(77));
  struct timespec t;
  SHOW(sched_rr_get_interval(0, &t));
  struct attributes a = {0};
  SHOW(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
  printf("%u %u %d\n", a.size, a.policy, a.nice);
  a.nice = 3;
  SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(syscall(SYS_sched_getattr, 0, &a, 10, 0));
  SHOW(syscall(SYS_sched_setattr, 0, NULL, 0));
  a.size = 5000;
  SHOW(syscall(SYS_sched_setattr, 0, &a, 0));
  SHOW(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5));
  SHOW(syscall(SYS_ioprio_get, 1, 0));
  SHOW(syscall(SYS_ioprio_set, 9, 0, 0));
  cpu_set_t set;
  SHOW(sched_getaffinity(0, sizeof set, &set));
  IS(CPU_COUNT(&set) > 0);
}

static void limits(void) {
  struct rlimit old, set = {1 << 20, 1 << 21}, got;
  int all[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_NOFILE, RLIMIT_CORE, RLIMIT_FSIZE};
  for (size_t i = 0; i < LEN(all); i++) {
    set.rlim_cur = 1 << 20, set.rlim_max = 1 << 21;
    if (all[i] == RLIMIT_NOFILE) set.rlim_cur = 100, set.rlim_max = 200;
    if (all[i] == RLIMIT_AS || all[i] == RLIMIT_DATA) set.rlim_cur = 1l << 40, set.rlim_max = 1l << 41;
    if (all[i] == RLIMIT_STACK) set.rlim_cur = 9 << 20, set.rlim_max = 10 << 20;
    SHOW(getrlimit(all[i], &old));
    SHOW(prlimit(0, all[i], &set, &got));
    IS(old.rlim_cur == got.rlim_cur && old.rlim_max == got.rlim_max);
    SHOW(getrlimit(all[i], &got));
    printf("%lx %lx\n", got.rlim_cur, got.rlim_max);
    set.rlim_cur = set.rlim_max + 1;
    SHOW(setrlimit(all[i], &set));
  }
  SHOW(setrlimit(99, &set));
  struct rusage u;
  SHOW(getrusage(RUSAGE_THREAD, &u));
  SHOW(getrusage(RUSAGE_SELF, &u));
  SHOW(getrusage(7, &u));
}

static void options(void) {
  char name[20] = {0};
  int n = -1;
  SHOW(prctl(PR_SET_NAME, "a name that is too long"));
  SHOW(prctl(PR_GET_NAME, name));
  puts(name);
  SHOW(prctl(PR_SET_PDEATHSIG, SIGTERM));
  SHOW(prctl(PR_GET_PDEATHSIG, &n));
  SHOW(n);
  SHOW(prctl(PR_SET_PDEATHSIG, 99));
  SHOW(prctl(PR_SET_PDEATHSIG, 0));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 0));
  SHOW(prctl(PR_GET_DUMPABLE));
  SHOW(prctl(PR_SET_DUMPABLE, 9));
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  SHOW(prctl(PR_GET_CHILD_SUBREAPER, &n));
  SHOW(n);
  SHOW(prctl(PR_SET_TIMERSLACK, 77777));
  SHOW(prctl(PR_GET_TIMERSLACK));
  SHOW(prctl(PR_GET_KEEPCAPS));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  SHOW(prctl(PR_CAPBSET_READ, 99));
  SHOW(prctl(12345));
  SHOW(prctl(PR_GET_PDEATHSIG, 8));
  SHOW(personality(0xffffffff));
  SHOW(personality(ADDR_NO_RANDOMIZE));
  SHOW(personality(0));
}

static void capabilities(void) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2], e[2];
  SHOW(syscall(SYS_capget, &h, d));
  SHOW(syscall(SYS_capset, &h, d));
  SHOW(syscall(SYS_capget, &h, e));
  IS(!memcmp(d, e, sizeof d));
  printf("%x %x\n", d[0].effective, d[1].permitted);
  h.version = 1;
  SHOW(syscall(SYS_capget, &h, d));
  printf("%x\n", h.version);
  h.version = 1;
  SHOW(syscall(SYS_capget, &h, NULL));
  SHOW(syscall(SYS_capget, NULL, d));
  gid_t groups[64];
  int n = getgroups(64, groups);
  SHOW(n);
  SHOW(setgroups(n, groups));
  SHOW(setgroups(70000, groups));
  SHOW(unshare(0));
  SHOW(unshare(CLONE_FILES | CLONE_FS));
  SHOW(unshare(7));
  SHOW(setns(1, 0));
  SHOW(setns(1000, 0));
}

static void memory(void) {
  char from[] = "copied", to[8] = {0}, *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec l[2] = {{to, 3}, {to + 3, 4}}, r = {from, 7}, bad = {(void *)8, 7};
  SHOW(process_vm_readv(getpid(), l, 2, &r, 1, 0));
  puts(to);
  SHOW(process_vm_writev(getpid(), &r, 1, l, 2, 0));
  SHOW(process_vm_readv(getpid(), l, 2, &bad, 1, 0));
  SHOW(process_vm_readv(getpid(), l, 2, &r, 1, 5));
  SHOW(process_vm_readv(0x3fffff, l, 2, &r, 1, 0));
  SHOW(mlock(page, 4096));
  SHOW(mlock2(page, 4096, MLOCK_ONFAULT));
  SHOW(syscall(SYS_mlock2, page, 4096, 9));
  SHOW(munlock(page, 4096));
  SHOW(mlockall(0));
  SHOW(mlockall(4));
  SHOW(munlockall());
  SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
  SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  SHOW(syscall(SYS_membarrier, 1 << 20, 0, 0));
  SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0));
  int mode = -1;
  unsigned long nodes = 0;
  SHOW(syscall(SYS_get_mempolicy, &mode, &nodes, 64, NULL, 0));
  SHOW(mode);
  nodes = 1;
  SHOW(syscall(SYS_mbind, page, 8192, 2, &nodes, 64, 0));
  SHOW(syscall(SYS_get_mempolicy, &mode, NULL, 0, page, 2));
  SHOW(mode);
  SHOW(syscall(SYS_set_mempolicy, 1, &nodes, 64));
  SHOW(syscall(SYS_get_mempolicy, &mode, &nodes, 64, NULL, 0));
  printf("%d %lx\n", mode, nodes);
  SHOW(syscall(SYS_set_mempolicy, 77, NULL, 0));
  SHOW(syscall(SYS_mbind, page + 1, 4096, 0, NULL, 0, 0));
  page[0] = 1;
  void *pages[2] = {page, (void *)8};
  int status[2] = {77, 77};
  SHOW(syscall(SYS_move_pages, 0, 1, pages, NULL, status, 0));
  SHOW(status[0]);
  struct futex_waitv w[2] = {{.val = 5, .uaddr = (unsigned long)page, .flags = FUTEX_32}, {.val = 0, .uaddr = (unsigned long)(page + 4), .flags = FUTEX_32}};
  SHOW(syscall(449, w, 2, 0, NULL, 0));
  w[0].val = 1;
  struct timespec soon;
  clock_gettime(CLOCK_MONOTONIC, &soon);
  soon.tv_sec++;
  SHOW(syscall(449, w, 2, 0, &soon, CLOCK_MONOTONIC));
  SHOW(syscall(449, w, 0, 0, NULL, 0));
  SHOW(syscall(449, w, 200, 0, NULL, 0));
}

int main(void) {
  memory();
  policies();
  options();
  capabilities();
  limits();
  return 0;
}
