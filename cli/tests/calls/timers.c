// Timers that a program makes, and clocks.
#include "show.h"
#include <sys/time.h>
#include <sys/timex.h>

static volatile sig_atomic_t count, value, code;

static void handle(int signal, siginfo_t *info, void *context) {
  count++;
  value = info->si_value.sival_int;
  code = info->si_code;
  (void)context;
  (void)signal;
}

static void wait_for(int wanted) {
  for (int i = 0; i < 2000 && count < wanted; i++) usleep(1000);
}

static long make(int clock, void *event, int *id) { return syscall(SYS_timer_create, clock, event, id); }
static long arm(int id, int flags, struct itimerspec *set, struct itimerspec *old) {
  return syscall(SYS_timer_settime, id, flags, set, old);
}

static void posix(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN + 1, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  int id = -1, second = -1;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
  event.sigev_value.sival_int = 4321;
  SHOW(make(CLOCK_MONOTONIC, &event, &id));
  struct itimerspec set = {{0, 0}, {0, 3000000}}, got;
  SHOW(arm(id, 0, &set, NULL));
  wait_for(1);
  printf("%d %d %d\n", count, value, code);
  SHOW(syscall(SYS_timer_gettime, id, &got));
  SHOW(got.it_value.tv_sec + got.it_value.tv_nsec);
  SHOW(syscall(SYS_timer_getoverrun, id));
  set = (struct itimerspec){{5, 0}, {500, 0}};
  SHOW(arm(id, 0, &set, NULL));
  SHOW(arm(id, 0, &set, &got));
  printf("%ld %d\n", (long)got.it_interval.tv_sec, got.it_value.tv_sec >= 498);
  SHOW(syscall(SYS_timer_delete, id));
  SHOW(syscall(SYS_timer_delete, id));
  SHOW(syscall(SYS_timer_gettime, id, &got));
  // To one thread.
  event.sigev_notify = SIGEV_THREAD_ID;
  event._sigev_un._tid = syscall(SYS_gettid);
  SHOW(make(CLOCK_REALTIME, &event, &id));
  clock_gettime(CLOCK_REALTIME, &set.it_value);
  set.it_interval.tv_sec = 0;
  count = 0;
  SHOW(arm(id, TIMER_ABSTIME, &set, NULL));
  wait_for(1);
  printf("%d %d\n", count, code);
  event._sigev_un._tid = 1;
  SHOW(make(CLOCK_REALTIME, &event, &id));
  // Without a signal.
  event.sigev_notify = SIGEV_NONE;
  SHOW(make(CLOCK_PROCESS_CPUTIME_ID, &event, &second));
  set.it_value = (struct timespec){100, 0};
  SHOW(arm(second, 0, &set, NULL));
  SHOW(syscall(SYS_timer_gettime, second, &got));
  IS(got.it_value.tv_sec >= 98);
  // With the default: SIGALRM and its own number.
  count = 0;
  SHOW(make(CLOCK_BOOTTIME, NULL, &second));
  set.it_value = (struct timespec){0, 1000000};
  SHOW(arm(second, 0, &set, NULL));
  wait_for(1);
  IS(count == 1 && value == second);
  set.it_value.tv_nsec = 1000000000;
  SHOW(arm(second, 0, &set, NULL));
  SHOW(arm(second, 0, NULL, NULL));
  event.sigev_notify = 99;
  SHOW(make(CLOCK_REALTIME, &event, &id));
  event.sigev_notify = SIGEV_SIGNAL, event.sigev_signo = 99;
  SHOW(make(CLOCK_REALTIME, &event, &id));
  SHOW(make(99, NULL, &id));
  SHOW(make(CLOCK_REALTIME, NULL, (void *)8));
}

static void intervals(void) {
  struct itimerval set = {{0, 0}, {0, 2000}}, got;
  count = 0;
  SHOW(setitimer(ITIMER_REAL, &set, NULL));
  wait_for(1);
  SHOW(count);
  set = (struct itimerval){{3, 0}, {300, 0}};
  SHOW(setitimer(ITIMER_VIRTUAL, &set, NULL));
  SHOW(getitimer(ITIMER_VIRTUAL, &got));
  printf("%ld %d\n", (long)got.it_interval.tv_sec, got.it_value.tv_sec >= 298);
  set = (struct itimerval){{0, 0}, {0, 0}};
  SHOW(setitimer(ITIMER_VIRTUAL, &set, &got));
  SHOW(got.it_interval.tv_sec);
  SHOW(setitimer(7, &set, NULL));
  set.it_value.tv_usec = 1000000;
  SHOW(setitimer(ITIMER_REAL, &set, NULL));
  SHOW(alarm(50));
  IS(alarm(0) >= 49);
}

static void clocks(void) {
  int all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
               CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_BOOTTIME, CLOCK_TAI, 55, -1};
  struct timespec now, little = {0, 1000000}, past = {0, 1};
  for (size_t i = 0; i < LEN(all); i++) {
    SHOW(clock_gettime(all[i], &now));
    SHOW(clock_getres(all[i], NULL));
    SHOW(syscall(SYS_clock_nanosleep, all[i], TIMER_ABSTIME, &past, NULL));
  }
  SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &little, NULL));
  SHOW(clock_nanosleep(CLOCK_REALTIME, 0, &little, NULL));
  SHOW(clock_nanosleep(CLOCK_BOOTTIME, 0, &little, NULL));
  little.tv_nsec = -1;
  SHOW(clock_nanosleep(CLOCK_REALTIME, 0, &little, NULL));
  struct timex t = {.modes = 0};
  WORKS(adjtimex(&t));
  IS(labs(t.time.tv_sec - time(NULL)) < 60 && t.tick > 9000);
  WORKS(clock_adjtime(CLOCK_REALTIME, &t));
  t.modes = 0;
  SHOW(clock_adjtime(55, &t));
  SHOW(syscall(SYS_adjtimex, 8));
  // Sleep that a handler cuts short says what is left.
  struct itimerval soon = {{0, 0}, {0, 5000}};
  struct timespec sleep = {100, 0}, left = {0, 0};
  setitimer(ITIMER_REAL, &soon, NULL);
  SHOW(nanosleep(&sleep, &left));
  IS(left.tv_sec >= 98);
}

int main(void) {
  posix();
  intervals();
  clocks();
  return 0;
}
