// A pair of pseudo terminals, and a session on one of them.
#include "show.h"
#include <asm/termbits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

extern int grantpt(int), unlockpt(int), ptsname_r(int, char *, size_t);

static void tell(struct termios *t) {
  printf("%x %x %x %x %d", t->c_iflag, t->c_oflag, t->c_cflag, t->c_lflag, t->c_line);
  for (int i = 0; i < NCCS; i++) printf(" %d", t->c_cc[i]);
  puts("");
}

// Bytes pass from one side to the other in the kernel's own time.
static int arrived(int fd, int wanted) {
  int n = 0;
  for (int i = 0; i < 2000 && n != wanted; i++) {
    if (ioctl(fd, FIONREAD, &n)) return -1;
    if (n != wanted) usleep(1000);
  }
  return n;
}

static void settings(int fd) {
  struct termios t, u;
  SHOW(ioctl(fd, TCGETS, &t));
  tell(&t);
  t.c_lflag &= ~(ECHO | ICANON);
  t.c_cc[VMIN] = 3, t.c_cc[VTIME] = 1;
  SHOW(ioctl(fd, TCSETS, &t));
  SHOW(ioctl(fd, TCSETSW, &t));
  SHOW(ioctl(fd, TCSETSF, &t));
  SHOW(ioctl(fd, TCGETS, &u));
  IS(!memcmp(&t, &u, sizeof t));
  struct termios2 w;
  SHOW(ioctl(fd, TCGETS2, &w));
  printf("%u %u %x\n", w.c_ispeed, w.c_ospeed, w.c_cflag);
  w.c_cflag = (w.c_cflag & ~CBAUD) | BOTHER, w.c_ispeed = w.c_ospeed = 12345;
  SHOW(ioctl(fd, TCSETS2, &w));
  SHOW(ioctl(fd, TCGETS2, &w));
  printf("%u %u\n", w.c_ispeed, w.c_ospeed);
  struct winsize size = {25, 99, 7, 8}, got;
  SHOW(ioctl(fd, TIOCSWINSZ, &size));
  SHOW(ioctl(fd, TIOCGWINSZ, &got));
  printf("%d %d %d %d\n", got.ws_row, got.ws_col, got.ws_xpixel, got.ws_ypixel);
  SHOW(ioctl(fd, TCGETS, 8));
  SHOW(ioctl(fd, TCSETS, 8));
}

static void session(int master, const char *name) {
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    IS(setsid() == getpid());
    int s = open(name, O_RDWR | O_NOCTTY), n = 0;
    SHOW(ioctl(s, TIOCSCTTY, 0));
    SHOW(ioctl(s, TIOCGSID, &n));
    IS(n == getpid());
    SHOW(ioctl(s, TIOCGPGRP, &n));
    IS(n == getpid());
    n = getpid();
    SHOW(ioctl(s, TIOCSPGRP, &n));
    WORKS(open("/dev/tty", O_RDWR));
    signal(SIGHUP, SIG_IGN);
    SHOW(ioctl(s, TIOCNOTTY));
    SHOW(open("/dev/tty", O_RDWR));
    SHOW(ioctl(s, TIOCNOTTY));
    _exit(3);
  }
  int status;
  waitpid(child, &status, 0);
  SHOW(WEXITSTATUS(status));
  (void)master;
}

int main(void) {
  int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), n = -1, lock = 0;
  char name[64];
  SHOW(ioctl(m, TIOCGPTN, &n));
  SHOW(ptsname_r(m, name, sizeof name));
  SHOW(ioctl(m, TIOCGPTLCK, &n));
  SHOW(n);
  SHOW(ioctl(m, TIOCSPTLCK, &lock));
  SHOW(ioctl(m, TIOCGPTLCK, &n));
  SHOW(n);
  int s = open(name, O_RDWR | O_NOCTTY);
  WORKS(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  settings(s);
  SHOW(write(m, "hello", 5));
  SHOW(arrived(s, 5));
  char got[16] = {0};
  SHOW(read(s, got, 16));
  SHOW(write(s, "out\n", 4));
  SHOW(arrived(m, 5));
  SHOW(ioctl(s, TIOCOUTQ, &n));
  SHOW(ioctl(s, TCFLSH, 2));
  SHOW(ioctl(s, TCFLSH, 9));
  SHOW(ioctl(s, TCXONC, 0));
  SHOW(ioctl(s, TCXONC, 1));
  SHOW(ioctl(s, TCSBRK, 1));
  SHOW(ioctl(s, TCSBRKP, 0));
  SHOW(ioctl(s, TIOCEXCL));
  SHOW(ioctl(s, TIOCGEXCL, &n));
  SHOW(n);
  SHOW(ioctl(s, TIOCNXCL));
  SHOW(ioctl(s, TIOCGETD, &n));
  SHOW(n);
  n = 1;
  SHOW(ioctl(m, TIOCPKT, &n));
  SHOW(ioctl(m, TIOCGPKT, &n));
  SHOW(ioctl(s, TIOCGSID, &n));
  SHOW(ioctl(s, TIOCMGET, &n));
  SHOW(ioctl(1, TIOCGWINSZ, got));
  session(m, name);
  return 0;
}
