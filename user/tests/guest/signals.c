// Signals as a program meets them: handlers, masks, restarts, stacks, faults it handles.
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t seen, on_alternate, code;
static void *volatile address;
static char alternate[32768];
static sigjmp_buf back;

static void count(int signal) { seen = signal; }

static void inform(int signal, siginfo_t *info, void *context) {
  char here;
  seen = signal;
  code = info->si_code;
  address = info->si_addr;
  on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
  (void)context;
}

static void jump(int signal, siginfo_t *info, void *context) {
  inform(signal, info, context);
  siglongjmp(back, 1);
}

static void skip(int signal, siginfo_t *info, void *context) {
  ucontext_t *registers = context;
  inform(signal, info, context);
  address = (void *)registers->uc_mcontext.__gregs[REG_PC];
  registers->uc_mcontext.__gregs[REG_PC] += 4;
  registers->uc_mcontext.__gregs[REG_A0] = 77;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(signal, &action, 0);
}

static void plain(int signal, int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = count;
  action.sa_flags = flags;
  sigaction(signal, &action, 0);
}

static void raise_and_return(void) {
  double kept = 1.5;
  plain(SIGUSR1, 0);
  for (int i = 0; i < 3; i++) raise(SIGUSR1), kept *= 2;
  printf("raise %d %.1f\n", (int)seen, kept);
}

static void blocked_until_unblocked(void) {
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  plain(SIGUSR2, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  seen = 0;
  raise(SIGUSR2);
  sigpending(&pending);
  printf("blocked %d pending %d\n", (int)seen, sigismember(&pending, SIGUSR2));
  sigprocmask(SIG_UNBLOCK, &set, 0);
  printf("unblocked %d\n", (int)seen);
}

static void read_with_timer(int flags) {
  int ends[2];
  char byte;
  struct itimerval soon = {{0, 0}, {0, 20000}};
  pipe(ends);
  plain(SIGALRM, flags);
  pid_t child = fork();
  if (child == 0) {
    usleep(120000);
    write(ends[1], "x", 1);
    _exit(0);
  }
  setitimer(ITIMER_REAL, &soon, 0);
  seen = 0;
  ssize_t got = read(ends[0], &byte, 1);
  int error = got < 0 ? errno : 0;
  printf("read %zd %s seen %d\n", got, error == EINTR ? "EINTR" : "-", (int)seen);
  waitpid(child, 0, 0);
}

static void spin_until_signal(void) {
  struct itimerval soon = {{0, 0}, {0, 10000}};
  plain(SIGALRM, 0);
  seen = 0;
  setitimer(ITIMER_REAL, &soon, 0);
  while (!seen) {
  }
  printf("spin %d\n", (int)seen);
}

static void on_another_stack(void) {
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, 0);
  handle(SIGUSR1, inform, SA_ONSTACK);
  raise(SIGUSR1);
  printf("alternate %d\n", (int)on_alternate);
}

static void fault_and_go_on(void) {
  char *page = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  handle(SIGSEGV, jump, 0);
  if (sigsetjmp(back, 1) == 0) *page = 1;
  printf("write to read-only: %d code %d right address %d\n", (int)seen, (int)code, address == page);
  if (sigsetjmp(back, 1) == 0) *(volatile int *)8 = 1;
  printf("write to nothing: %d code %d address %p\n", (int)seen, (int)code, address);
  handle(SIGILL, jump, 0);
  if (sigsetjmp(back, 1) == 0) __asm__ volatile(".word 0");
  printf("illegal: %d code %d\n", (int)seen, (int)code);
  handle(SIGILL, skip, 0);
  register long changed __asm__("a0") = 1;
  register void *place __asm__("a1");
  __asm__ volatile("la %1, 1f\n1: .word 0" : "+r"(changed), "=r"(place));
  long got = changed;
  printf("skipped: right place %d a0 %ld\n", address == place, got);
  handle(SIGTRAP, jump, 0);
  if (sigsetjmp(back, 1) == 0) __asm__ volatile("ebreak");
  printf("breakpoint: %d code %d\n", (int)seen, (int)code);
}

static void suspend_for_child(void) {
  sigset_t set, old;
  plain(SIGCHLD, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &old);
  seen = 0;
  pid_t child = fork();
  if (child == 0) _exit(7);
  while (!seen) sigsuspend(&old);
  int status;
  waitpid(child, &status, 0);
  sigprocmask(SIG_SETMASK, &old, 0);
  printf("suspend %d status %d\n", (int)seen, WEXITSTATUS(status));
}

static void child_dies(int signal) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigaction(signal, &action, 0);
    fclose(stderr);
    close(2);
    raise(signal);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  printf("child: signaled %d by %d\n", WIFSIGNALED(status), WTERMSIG(status));
}

int main(void) {
  raise_and_return();
  blocked_until_unblocked();
  read_with_timer(0);
  read_with_timer(SA_RESTART);
  spin_until_signal();
  on_another_stack();
  fault_and_go_on();
  suspend_for_child();
  child_dies(SIGTERM);
  child_dies(SIGSEGV);
  child_dies(SIGABRT);
  return 0;
}
