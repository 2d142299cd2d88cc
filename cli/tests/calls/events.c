// Descriptors for events, and waiting for them.
#include "show.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static volatile sig_atomic_t seen;
static void handle(int n) { seen = n; }

static void counters(void) {
  int e = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
  unsigned long n = 0;
  SHOW(fcntl(e, F_GETFD));
  SHOW(fcntl(e, F_GETFL));
  SHOW(read(e, &n, 8));
  SHOW(n);
  SHOW(read(e, &n, 8));
  SHOW(read(e, &n, 8));
  SHOW(read(e, &n, 8));
  SHOW(read(e, &n, 4));
  n = -1;
  SHOW(write(e, &n, 8));
}

static void timer(void) {
  int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec set = {{0, 2000000}, {0, 1000000}}, got;
  unsigned long n = 0;
  SHOW(timerfd_gettime(t, &got));
  SHOW(got.it_value.tv_nsec);
  SHOW(read(t, &n, 8));
  SHOW(timerfd_settime(t, 0, &set, NULL));
  usleep(30000);
  SHOW(read(t, &n, 8));
  IS(n > 3);
  set = (struct itimerspec){{7, 0}, {1000, 0}};
  SHOW(timerfd_settime(t, 0, &set, &got));
  SHOW(got.it_interval.tv_nsec);
  SHOW(timerfd_gettime(t, &got));
  printf("%ld %d\n", (long)got.it_interval.tv_sec, got.it_value.tv_sec >= 998);
  clock_gettime(CLOCK_MONOTONIC, &set.it_value);
  set.it_interval.tv_sec = 0;
  SHOW(timerfd_settime(t, TFD_TIMER_ABSTIME, &set, NULL));
  struct pollfd p = {t, POLLIN, 0};
  SHOW(poll(&p, 1, 5000));
  SHOW(read(t, &n, 8));
  SHOW(n);
  set.it_value.tv_nsec = -1;
  SHOW(timerfd_settime(t, 0, &set, NULL));
  SHOW(timerfd_settime(1, 0, &set, NULL));
  SHOW(timerfd_settime(t, 0, NULL, NULL));
  SHOW(timerfd_create(77, 0));
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 3);
  SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
  int s = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  struct signalfd_siginfo info[3];
  SHOW(read(s, info, sizeof info));
  SHOW(kill(getpid(), SIGUSR1));
  SHOW(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 1234}));
  SHOW(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 5678}));
  struct pollfd p = {s, POLLIN, 0};
  SHOW(poll(&p, 1, 1000));
  SHOW(read(s, info, sizeof info) / sizeof *info);
  for (int i = 0; i < 3; i++)
    printf("%u %d %d %d\n", info[i].ssi_signo, info[i].ssi_code, info[i].ssi_int, info[i].ssi_pid == (unsigned)getpid());
  sigdelset(&set, SIGUSR1);
  SHOW(signalfd(s, &set, 0) == s);
  SHOW(kill(getpid(), SIGUSR1));
  SHOW(read(s, info, sizeof info));
  sigset_t pending;
  SHOW(sigpending(&pending));
  SHOW(sigismember(&pending, SIGUSR1));
  signal(SIGUSR1, handle);
  sigaddset(&set, SIGUSR1);
  SHOW(sigprocmask(SIG_UNBLOCK, &set, NULL));
  SHOW(seen);
  SHOW(signalfd(1, &set, 0));
  SHOW(syscall(SYS_signalfd4, -1, &set, 4, 0));
}

static void files(void) {
  int in = inotify_init1(IN_NONBLOCK);
  SHOW(mkdir("watched", 0700));
  int w = inotify_add_watch(in, "watched", IN_CREATE | IN_MOVE | IN_DELETE | IN_CLOSE_WRITE);
  SHOW(w);
  close(open("watched/a", O_CREAT | O_WRONLY, 0600));
  SHOW(rename("watched/a", "watched/b"));
  SHOW(unlink("watched/b"));
  char all[4096];
  long n = read(in, all, sizeof all);
  unsigned cookie = 0;
  for (char *at = all; at < all + n;) {
    struct inotify_event *e = (void *)at;
    printf("%x %s %d\n", e->mask, e->name, e->cookie != 0 && e->cookie == cookie);
    cookie = e->cookie;
    at += sizeof *e + e->len;
  }
  SHOW(inotify_rm_watch(in, w));
  SHOW(inotify_rm_watch(in, w));
  SHOW(read(in, all, 4));
  SHOW(inotify_add_watch(in, "nothing", IN_CREATE));
  rmdir("watched");
}

static void polls(void) {
  int e = epoll_create1(EPOLL_CLOEXEC), file[2];
  SHOW(pipe(file));
  struct epoll_event add = {EPOLLIN | EPOLLET, {.u64 = 0x1122334455667788}}, got[4];
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, file[0], &add));
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, file[0], &add));
  SHOW(epoll_wait(e, got, 4, 0));
  SHOW(write(file[1], "ab", 2));
  SHOW(epoll_wait(e, got, 4, 1000));
  printf("%x %lx\n", got[0].events, (unsigned long)got[0].data.u64);
  SHOW(epoll_wait(e, got, 4, 0));
  SHOW(write(file[1], "c", 1));
  SHOW(epoll_wait(e, got, 4, 0));
  add.events = EPOLLIN | EPOLLONESHOT;
  SHOW(epoll_ctl(e, EPOLL_CTL_MOD, file[0], &add));
  SHOW(epoll_wait(e, got, 4, 0));
  SHOW(epoll_wait(e, got, 4, 0));
  add.events = EPOLLOUT, add.data.fd = 77;
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, file[1], &add));
  struct timespec wait = {0, 20000000};
  SHOW(epoll_pwait2(e, got, 4, &wait, NULL));
  SHOW(got[0].data.fd);
  SHOW(epoll_ctl(e, EPOLL_CTL_DEL, file[1], NULL));
  SHOW(epoll_pwait2(e, got, 4, &wait, NULL));
  wait.tv_nsec = 2000000000;
  SHOW(epoll_pwait2(e, got, 4, &wait, NULL));
  SHOW(epoll_ctl(e, EPOLL_CTL_ADD, e, &add));
  SHOW(epoll_ctl(e, 9, file[0], &add));
  SHOW(epoll_ctl(e, EPOLL_CTL_DEL, file[1], NULL));
  SHOW(epoll_wait(e, got, 0, 0));
  SHOW(epoll_wait(file[0], got, 4, 0));
  // A signal that is let through for the wait only.
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  signal(SIGUSR2, handle);
  sigprocmask(SIG_BLOCK, &set, NULL);
  SHOW(raise(SIGUSR2));
  seen = 0;
  SHOW(epoll_wait(e, got, 4, 0));
  SHOW(epoll_pwait(e, got, 4, 5000, &none));
  SHOW(seen);
  SHOW(raise(SIGUSR2));
  wait = (struct timespec){5, 0};
  seen = 0;
  SHOW(epoll_pwait2(e, got, 4, &wait, &none));
  SHOW(seen);
  fd_set reads;
  FD_ZERO(&reads);
  FD_SET(file[0], &reads);
  SHOW(pselect(file[0] + 1, &reads, NULL, NULL, &wait, &none));
  SHOW(FD_ISSET(file[0], &reads));
}

int main(void) {
  counters();
  timer();
  signals();
  files();
  polls();
  return 0;
}
