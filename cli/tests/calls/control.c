// fcntl and ioctl on files, and starting programs by descriptor.
#include "show.h"
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static volatile sig_atomic_t seen;
static void handle(int n) { seen = n; }

static void locks(void) {
  int f = open("locked", O_CREAT | O_RDWR, 0600), g = open("locked", O_RDWR);
  struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
  SHOW(fcntl(f, F_OFD_SETLK, &l));
  SHOW(fcntl(g, F_OFD_SETLK, &l));
  SHOW(fcntl(g, F_OFD_GETLK, &l));
  printf("%d %ld %ld %d\n", l.l_type, (long)l.l_start, (long)l.l_len, l.l_pid);
  l = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_SET};
  SHOW(fcntl(f, F_OFD_SETLKW, &l));
  l.l_type = F_RDLCK;
  SHOW(fcntl(f, F_SETLK, &l));
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    l.l_type = F_WRLCK;
    int got = fcntl(g, F_GETLK, &l);
    _exit(got == 0 && l.l_type == F_RDLCK && l.l_pid == getppid() ? 5 : 6);
  }
  int status;
  waitpid(child, &status, 0);
  SHOW(WEXITSTATUS(status));
  l.l_type = 77;
  SHOW(fcntl(f, F_SETLK, &l));
  SHOW(fcntl(f, F_SETLK, (void *)8));
  SHOW(flock(f, LOCK_EX | LOCK_NB));
  SHOW(flock(g, LOCK_EX | LOCK_NB));
  SHOW(flock(f, LOCK_UN));
  close(g);
  close(f);
  f = open("locked", O_RDONLY);
  signal(SIGIO, handle);
  SHOW(fcntl(f, F_SETLEASE, F_RDLCK));
  SHOW(fcntl(f, F_GETLEASE));
  SHOW(open("locked", O_WRONLY | O_NONBLOCK));
  SHOW(seen == SIGIO);
  SHOW(fcntl(f, F_SETLEASE, F_UNLCK));
  close(f);
}

static void owners(void) {
  int p[2];
  SHOW(pipe(p));
  struct f_owner_ex own = {F_OWNER_PID, getpid()}, got = {9, 9};
  SHOW(fcntl(p[0], F_SETOWN_EX, &own));
  SHOW(fcntl(p[0], F_GETOWN_EX, &got));
  IS(got.type == F_OWNER_PID && got.pid == getpid());
  IS(fcntl(p[0], F_GETOWN) == getpid());
  own.type = 9;
  SHOW(fcntl(p[0], F_SETOWN_EX, &own));
  SHOW(fcntl(p[0], F_SETSIG, SIGUSR1));
  SHOW(fcntl(p[0], F_GETSIG));
  signal(SIGUSR1, handle);
  seen = 0;
  SHOW(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK));
  SHOW(fcntl(p[0], F_GETFL));
  SHOW(write(p[1], "x", 1));
  SHOW(seen);
  SHOW(fcntl(p[0], F_SETPIPE_SZ, 20000));
  SHOW(fcntl(p[0], F_GETPIPE_SZ));
  int n = 0;
  SHOW(ioctl(p[0], FIONREAD, &n));
  SHOW(n);
  SHOW(ioctl(p[0], FIOCLEX));
  SHOW(fcntl(p[0], F_GETFD));
  SHOW(ioctl(p[0], FIONCLEX));
  SHOW(fcntl(p[0], F_GETFD));
  SHOW(fcntl(p[0], 12345, 0));
  SHOW(fcntl(1000, F_GETFD));
  SHOW(fcntl(p[0], F_DUPFD_CLOEXEC, 300));
  SHOW(fcntl(p[0], F_DUPFD, -1));
  int f = open("locked", O_RDWR);
  unsigned long hint = 3;
  SHOW(fcntl(f, F_SET_RW_HINT, &hint));
  hint = 0;
  SHOW(fcntl(f, F_GET_RW_HINT, &hint));
  SHOW(hint);
  SHOW(fcntl(f, F_SET_RW_HINT, (void *)8));
}

static void requests(void) {
  int f = open("locked", O_RDWR), n = -1, other = open("copy", O_CREAT | O_RDWR, 0600);
  SHOW(write(f, "0123456789", 10));
  SHOW(ioctl(f, FIGETBSZ, &n));
  SHOW(n);
  SHOW(ioctl(f, FIONREAD, &n));
  SHOW(n);
  WORKS(ioctl(f, FS_IOC_GETFLAGS, &n));
  SHOW(ioctl(other, FICLONE, f));
  struct file_clone_range range = {.src_fd = f};
  SHOW(ioctl(other, FICLONERANGE, &range));
  range.src_fd = -5;
  SHOW(ioctl(other, FICLONERANGE, &range));
  SHOW(ioctl(other, FICLONE, 1000));
  unsigned long size;
  SHOW(ioctl(f, BLKGETSIZE64, &size));
  SHOW(ioctl(f, BLKSSZGET, &n));
  SHOW(ioctl(f, TCGETS, &n));
  SHOW(ioctl(1000, TCGETS, &n));
  SHOW(ioctl(f, FIGETBSZ, 8));
  n = 1;
  SHOW(ioctl(f, FIONBIO, &n));
  SHOW(fcntl(f, F_GETFL) & O_NONBLOCK);
  unlink("copy");
  unlink("locked");
}

extern char **environ;
static void programs(char *own) {
  char *args[] = {"renamed", "child", NULL};
  for (int how = 0; how < 3; how++) {
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
      if (how == 0) fexecve(open(own, O_RDONLY), args, environ);
      if (how == 1) fexecve(open(own, O_PATH | O_CLOEXEC), args, environ);
      if (how == 2) execveat(AT_FDCWD, own, args, environ, 0);
      _exit(99);
    }
    int status;
    waitpid(child, &status, 0);
    SHOW(WEXITSTATUS(status));
  }
  SHOW(execveat(AT_FDCWD, "", args, environ, 0));
  SHOW(execveat(AT_FDCWD, own, args, environ, 1 << 20));
  SHOW(execveat(1000, "x", args, environ, 0));
  SHOW(symlink(own, "link"));
  SHOW(execveat(AT_FDCWD, "link", args, environ, AT_SYMLINK_NOFOLLOW));
  unlink("link");
}

int main(int count, char **args) {
  if (count > 1) return !strcmp(args[0], "renamed") ? 33 : 34;
  locks();
  owners();
  requests();
  programs(args[0]);
  return 0;
}
