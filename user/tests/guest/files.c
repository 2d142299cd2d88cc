// Files, directories, pipes and waiting as a program meets them. Runs in an empty directory.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *name(long got) { return got < 0 ? strerrorname_np(errno) : "ok"; }

static void bytes(void) {
  int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0640);
  char big[3000];
  memset(big, 'b', sizeof big);
  struct iovec parts[] = {{"hello ", 6}, {0, 0}, {big, sizeof big}};
  printf("writev %zd\n", writev(fd, parts, 3));
  printf("again %s\n", name(open("a", O_RDWR | O_CREAT | O_EXCL, 0640)));
  char text[7] = {0};
  printf("pread %zd %s\n", pread(fd, text, 6, 0), text);
  printf("seek %ld\n", (long)lseek(fd, -1, SEEK_END));
  char *large = malloc(5 << 20);
  memset(large, 'x', 5 << 20);
  printf("large write %zd", write(fd, large, 5 << 20));
  lseek(fd, 0, SEEK_SET);
  printf(" read %zd\n", read(fd, large, 5 << 20));
  ftruncate(fd, 100);
  struct stat facts;
  fstat(fd, &facts);
  printf("size %ld mode %o links %d\n", (long)facts.st_size, facts.st_mode, (int)facts.st_nlink);
  printf("flags %x\n", fcntl(fd, F_GETFL) & O_ACCMODE);
  printf("bad buffer %s", name(write(fd, (void *)8, 10)));
  lseek(fd, 0, SEEK_SET);
  printf(" %s\n", name(read(fd, (void *)8, 10)));
  printf("bad descriptor %s\n", name(read(77, text, 1)));
  printf("directory %s\n", name(open("a", O_RDONLY | O_DIRECTORY)));
  close(fd);
}

static void names(void) {
  mkdir("d", 0755);
  symlink("../a", "d/link");
  char target[64] = {0};
  printf("link %zd %s\n", readlink("d/link", target, sizeof target), target);
  printf("nofollow %s\n", name(open("d/link", O_RDONLY | O_NOFOLLOW)));
  link("a", "d/hard");
  rename("d/hard", "d/harder");
  struct stat facts;
  stat("a", &facts);
  printf("links %d\n", (int)facts.st_nlink);
  struct timespec times[2] = {{1000000000, 5}, {1000000001, 7}};
  utimensat(AT_FDCWD, "a", times, 0);
  stat("a", &facts);
  printf("times %ld.%ld %ld.%ld\n", facts.st_atim.tv_sec, facts.st_atim.tv_nsec, facts.st_mtim.tv_sec,
         facts.st_mtim.tv_nsec);
  struct statx more;
  statx(AT_FDCWD, "a", 0, STATX_BASIC_STATS, &more);
  printf("statx %llu %o %lld\n", (unsigned long long)more.stx_size, more.stx_mode, (long long)more.stx_mtime.tv_sec);
  DIR *directory = opendir("d");
  int count = 0, found = 0;
  for (struct dirent *entry; (entry = readdir(directory)); count++) found += !strcmp(entry->d_name, "harder");
  closedir(directory);
  printf("entries %d found %d\n", count, found);
  printf("rmdir %s\n", name(rmdir("d")));
  unlink("d/link"), unlink("d/harder");
  printf("rmdir %s\n", name(rmdir("d")));
  printf("access %s\n", name(access("nothing", F_OK)));
  char here[4096], *slash;
  getcwd(here, sizeof here);
  slash = strrchr(here, '/');
  chdir("/");
  char there[16];
  getcwd(there, sizeof there);
  printf("cwd %d %s\n", slash != 0, there);
  chdir(here);
  struct statfs fs;
  printf("statfs %d\n", statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_namelen >= 255);
}

static void waiting(void) {
  int ends[2], pending;
  pipe2(ends, O_NONBLOCK | O_CLOEXEC);
  char byte;
  printf("empty %s\n", name(read(ends[0], &byte, 1)));
  write(ends[1], "abc", 3);
  ioctl(ends[0], FIONREAD, &pending);
  struct pollfd list[] = {{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}, {-1, POLLIN, 0}};
  printf("pending %d poll %d %d %d\n", pending, poll(list, 3, 1000), list[0].revents, list[1].revents);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  FD_SET(ends[1], &set);
  struct timeval soon = {1, 0};
  int ready = select(ends[1] + 1, &set, 0, 0, &soon);
  printf("select %d %d %d\n", ready, !!FD_ISSET(ends[0], &set), !!FD_ISSET(ends[1], &set));
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1122334455667788}, got[2];
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
  printf("epoll %d", epoll_wait(epoll, got, 2, 1000));
  printf(" %llx\n", (unsigned long long)got[0].data.u64);
  struct winsize size;
  printf("winsize %s\n", name(ioctl(ends[0], TIOCGWINSZ, &size)));
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  send(pair[0], "ping", 4, 0);
  char text[5] = {0};
  printf("socket %zd %s\n", recv(pair[1], text, 4, 0), text);
  int kept = fcntl(pair[0], F_DUPFD_CLOEXEC, 50);
  printf("dupfd %d %d\n", kept, fcntl(kept, F_GETFD));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
  int fd = open("a", O_RDWR);
  printf("lock %s %d\n", name(fcntl(fd, F_SETLK, &lock)), (fcntl(fd, F_GETLK, &lock), lock.l_type == F_UNLCK));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  bytes();
  names();
  waiting();
  return 0;
}
