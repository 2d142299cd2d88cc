// Processes and the system as a program meets them.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int reap(pid_t child) {
  int status;
  struct rusage used;
  wait4(child, &status, 0, &used);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "child")) {
    printf("%s got '%s' VAR=%s\n", argv[0], argv[2], getenv("VAR"));
    return 9;
  }
  setvbuf(stdout, 0, _IOLBF, 0);
  printf("hwcap %lx page %lu clock %lu entry %d random %d\n", getauxval(AT_HWCAP), getauxval(AT_PAGESZ),
         getauxval(AT_CLKTCK), getauxval(AT_ENTRY) != 0, getauxval(AT_RANDOM) != 0);
  char self[4096] = {0};
  readlink("/proc/self/exe", self, sizeof self - 1);
  printf("exe %s\n", strrchr(self, '/') + 1);

  pid_t child = fork();
  if (child == 0) {
    char *args[] = {"other name", "child", "", 0}, *env[] = {"VAR=v", 0};
    execve("/proc/self/exe", args, env);
    _exit(1);
  }
  printf("fork and exec %d\n", reap(child));
  child = vfork();
  if (child == 0) _exit(3);
  printf("vfork %d\n", reap(child));
  char *args[] = {self, "child", "spawned", 0}, *env[] = {"VAR=w", 0};
  posix_spawn(&child, self, 0, 0, args, env);
  printf("spawn %d\n", reap(child));
  child = fork();
  if (child == 0) {
    execl("/nowhere", "nowhere", (char *)0);
    printf("exec %s\n", strerrorname_np(errno));
    execl("/", "root", (char *)0);
    printf("exec %s\n", strerrorname_np(errno));
    _exit(4);
  }
  printf("failed exec %d\n", reap(child));
  printf("no child %d %s\n", (int)wait(0), strerrorname_np(errno));

  child = fork();
  if (child == 0) _exit(300 & 0xff);
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED);
  printf("waitid %d %d %d\n", info.si_signo, info.si_code, info.si_status);

  struct utsname names;
  uname(&names);
  printf("%s %s\n", names.sysname, names.machine);
  struct timespec now, later;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct timespec nap = {0, 30000000};
  nanosleep(&nap, 0);
  clock_gettime(CLOCK_MONOTONIC, &later);
  double slept = (later.tv_sec - now.tv_sec) + (later.tv_nsec - now.tv_nsec) / 1e9;
  printf("slept %d\n", slept >= 0.03);
  struct timeval day;
  gettimeofday(&day, 0);
  printf("day %d\n", day.tv_sec > 1600000000);
  struct sysinfo system;
  printf("sysinfo %d\n", sysinfo(&system) == 0 && system.totalram > 0 && system.mem_unit > 0);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  printf("limit %d\n", limit.rlim_cur >= 16);
  unsigned char random[16] = {0};
  printf("random %zd\n", getrandom(random, 16, 0));
  struct tms spent;
  printf("times %d\n", times(&spent) != (clock_t)-1);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  printf("cpus %d\n", sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0);
  printf("ids %d %d\n", getpid() == gettid(), getppid() > 0);
  printf("unknown %ld %s\n", syscall(4000), strerrorname_np(errno));
  return 42;
}
