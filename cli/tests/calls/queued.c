// Signals with values, descriptors of processes, and comparing processes.
#include "show.h"
#include <linux/kcmp.h>
#include <poll.h>

static volatile sig_atomic_t count, values[8], code;

static void handle(int signal, siginfo_t *info, void *context) {
  values[count++ & 7] = info->si_value.sival_int;
  code = info->si_code;
  (void)context;
  (void)signal;
}

static void queues(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN + 2, &action, NULL);
  SHOW(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 77}));
  printf("%d %d %d\n", count, values[0], code);
  siginfo_t info = {.si_signo = SIGRTMIN + 2, .si_code = -77};
  info.si_value.sival_int = 78, info.si_pid = 5;
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 2, &info));
  printf("%d %d %d\n", count, values[1], code);
  SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN + 2, &info));
  SHOW(count);
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 99, &info));
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info));
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, NULL));
  SHOW(syscall(SYS_rt_tgsigqueueinfo, 0, 0, SIGUSR1, &info));
  info.si_code = SI_USER;
  SHOW(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info));
  SHOW(syscall(SYS_restart_syscall));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < 3; i++) sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = i});
  struct timespec wait = {1, 0};
  for (int i = 0; i < 3; i++) {
    SHOW(sigtimedwait(&set, &info, &wait));
    printf("%d %d\n", info.si_value.sival_int, info.si_code);
  }
  wait.tv_sec = 0;
  SHOW(sigtimedwait(&set, &info, &wait));
}

static void descriptors(void) {
  int gate[2];
  SHOW(pipe(gate));
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    char byte;
    close(gate[1]);
    _exit(read(gate[0], &byte, 1) == 1 ? 9 : 8);
  }
  int p = syscall(SYS_pidfd_open, child, 0);
  SHOW(fcntl(p, F_GETFD));
  SHOW(syscall(SYS_pidfd_send_signal, p, 0, NULL, 0));
  SHOW(syscall(SYS_pidfd_send_signal, p, 99, NULL, 0));
  SHOW(syscall(SYS_pidfd_send_signal, 1, 0, NULL, 0));
  struct pollfd poll_p = {p, POLLIN, 0};
  SHOW(poll(&poll_p, 1, 0));
  int other = syscall(SYS_pidfd_getfd, p, gate[0], 0);
  WORKS(other);
  SHOW(syscall(SYS_pidfd_getfd, p, 999, 0));
  close(other);
  SHOW(syscall(SYS_kcmp, getpid(), child, KCMP_VM, 0, 0) != 0);
  SHOW(write(gate[1], "x", 1));
  SHOW(poll(&poll_p, 1, 5000));
  siginfo_t info = {0};
  SHOW(waitid(P_PIDFD, p, &info, WEXITED | WNOWAIT));
  IS(info.si_pid == child && info.si_uid == getuid());
  printf("%d %d %d\n", info.si_signo, info.si_code, info.si_status);
  SHOW(waitid(P_PIDFD, p, &info, WEXITED));
  SHOW(waitid(P_PIDFD, p, &info, WEXITED));
  SHOW(syscall(SYS_pidfd_send_signal, p, 0, NULL, 0));
  SHOW(syscall(SYS_pidfd_open, child, 0));
  SHOW(syscall(SYS_pidfd_open, getpid(), 7));
  int own = syscall(SYS_pidfd_open, getpid(), 0);
  siginfo_t made = {.si_signo = SIGRTMIN + 2, .si_code = SI_QUEUE};
  made.si_value.sival_int = 99;
  sigset_t set;
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  count = 0;
  SHOW(syscall(SYS_pidfd_send_signal, own, SIGRTMIN + 2, &made, 0));
  printf("%d %d\n", count, values[0]);
  SHOW(syscall(SYS_pidfd_send_signal, own, SIGUSR1, &made, 0));
}

static void comparing(void) {
  int a = dup(1), b = open("/dev/null", O_RDONLY);
  SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 1, a));
  SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 1, b) != 0);
  SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 1, 999));
  SHOW(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILES, 0, 0));
  SHOW(syscall(SYS_kcmp, getpid(), getpid(), 99, 0, 0));
}

int main(void) {
  queues();
  descriptors();
  comparing();
  return 0;
}
