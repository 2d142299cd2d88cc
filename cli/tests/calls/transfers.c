// Moving bytes and naming files in the less usual ways.
#include "show.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>

struct how { unsigned long flags, mode, resolve; };
static long openat2(int dir, const char *path, unsigned long flags, unsigned long mode, unsigned long resolve) {
  struct how how = {flags, mode, resolve};
  return syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static void positions(void) {
  int f = open("data", O_CREAT | O_RDWR | O_TRUNC, 0600);
  char a[4] = "abc", b[8] = "defgh", got[16] = {0};
  struct iovec out[2] = {{a, 3}, {b, 5}}, in[2] = {{got, 2}, {got + 2, 6}};
  SHOW(pwritev2(f, out, 2, 0, 0));
  SHOW(pwritev2(f, out, 2, -1, RWF_DSYNC));
  SHOW(lseek(f, 0, SEEK_CUR));
  SHOW(preadv2(f, in, 2, 1, 0));
  puts(got);
  SHOW(pwritev2(f, out, 1, -1, RWF_APPEND));
  SHOW(preadv2(f, in, 2, -1, 0));
  SHOW(preadv2(f, in, 2, 0, 0x4000));
  SHOW(syscall(SYS_preadv2, f, in, -1L, 0, 0, 0));
  SHOW(syscall(SYS_preadv2, f, 8, 1, 0, 0, 0));
  SHOW(readahead(f, 0, 100));
  SHOW(sync_file_range(f, 0, 8, SYNC_FILE_RANGE_WRITE));
  SHOW(sync_file_range(f, 0, 8, 99));
  SHOW(readahead(1000, 0, 1));
  close(f);
}

static void pipes(void) {
  int one[2], two[2], file = open("data", O_RDWR);
  SHOW(pipe(one));
  SHOW(pipe(two));
  char a[] = "spliced", got[32] = {0};
  struct iovec list = {a, 7};
  SHOW(vmsplice(one[1], &list, 1, 0));
  SHOW(tee(one[0], two[1], 100, 0));
  SHOW(read(two[0], got, 32));
  puts(got);
  SHOW(tee(two[0], one[1], 9, SPLICE_F_NONBLOCK));
  long at = 2;
  SHOW(splice(one[0], NULL, file, &at, 7, 0));
  SHOW(at);
  SHOW(splice(file, &at, one[1], NULL, 3, 0));
  memset(got, 0, sizeof got);
  list.iov_base = got, list.iov_len = 32;
  SHOW(vmsplice(one[0], &list, 1, 0));
  SHOW(strlen(got));
  SHOW(vmsplice(file, &list, 1, 0));
  SHOW(vmsplice(one[1], &list, 1, 0x100));
  long from = 0;
  SHOW(sendfile(two[1], file, &from, 5));
  SHOW(from);
  at = 0, from = 4;
  SHOW(copy_file_range(file, &from, file, &at, 2, 0));
  SHOW(copy_file_range(file, &from, file, &at, 2, 1));
  close(file);
}

static void names(void) {
  SHOW(mkdir("folder", 0700));
  SHOW(symlink("../data", "folder/link"));
  int dir = open("folder", O_PATH | O_DIRECTORY);
  WORKS(openat2(dir, "link", O_RDONLY, 0, 0));
  SHOW(openat2(dir, "link", O_RDONLY, 0, 8));
  SHOW(openat2(dir, "link", O_RDONLY, 0, 4));
  SHOW(openat2(dir, "../data", O_RDONLY, 0, 8));
  SHOW(openat2(dir, "x", O_RDONLY, 0600, 0));
  SHOW(openat2(dir, "x", O_RDONLY | 1ul << 40, 0, 0));
  SHOW(openat2(dir, "link", O_RDONLY, 0, 1 << 20));
  WORKS(openat2(dir, "new", O_CREAT | O_WRONLY, 0640, 0));
  struct { struct how how; unsigned long more; } big = {{O_RDONLY, 0, 0}, 0};
  WORKS(syscall(SYS_openat2, dir, "new", &big, sizeof big));
  big.more = 1;
  SHOW(syscall(SYS_openat2, dir, "new", &big, sizeof big));
  SHOW(syscall(SYS_openat2, dir, "new", &big, 8));
  struct stat s;
  SHOW(fchmodat(dir, "new", 0600, 0));
  SHOW(fstatat(dir, "new", &s, 0));
  SHOW(s.st_mode);
  SHOW(syscall(452, dir, "new", 0604, 0));
  SHOW(syscall(452, dir, "link", 0604, AT_SYMLINK_NOFOLLOW));
  SHOW(syscall(452, dir, "new", 0604, 0x99));
  struct statx x;
  SHOW(statx(dir, "new", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &x));
  printf("%o %u %lu %d\n", x.stx_mode, x.stx_nlink, (unsigned long)x.stx_size, x.stx_btime.tv_sec > 0);
  SHOW(statx(dir, "", AT_EMPTY_PATH, 0, &x));
  SHOW(statx(dir, "new", 0x123, 0, &x));
  struct file_handle *h = calloc(1, sizeof *h + 128);
  int mount;
  SHOW(name_to_handle_at(dir, "new", h, &mount, 0));
  IS(h->handle_bytes > 0);
  WORKS(name_to_handle_at(dir, "new", h, &mount, 0));
  h->handle_bytes = 1000;
  SHOW(name_to_handle_at(dir, "new", h, &mount, 0));
  unlinkat(dir, "new", 0);
  unlinkat(dir, "link", 0);
  rmdir("folder");
}

static void attributes(void) {
  char got[32] = {0};
  SHOW(setxattr("data", "user.colour", "blue", 4, 0));
  SHOW(setxattr("data", "user.colour", "blue", 4, XATTR_CREATE));
  SHOW(getxattr("data", "user.colour", got, 32));
  puts(got);
  int f = open("data", O_RDONLY);
  SHOW(fsetxattr(f, "user.colour", "red", 3, XATTR_REPLACE));
  SHOW(fgetxattr(f, "user.colour", got, 2));
  SHOW(fgetxattr(f, "user.colour", NULL, 0));
  SHOW(lsetxattr("data", "bad", "x", 1, 0));
  SHOW(lsetxattr("nothing", "user.x", "x", 1, 0));
  SHOW(syscall(SYS_setxattr, "data", "user.big", got, 70000, 0));
  SHOW(syscall(SYS_setxattr, "data", "user.x", 8, 4, 0));
  SHOW(flistxattr(f, got, 32));
  SHOW(removexattr("data", "user.colour"));
  SHOW(lremovexattr("data", "user.colour"));
  SHOW(fremovexattr(f, "user.none"));
  SHOW(flistxattr(f, got, 32));
}

static void descriptors(void) {
  int base = dup(0);
  for (int i = 0; i < 8; i++) dup(0);
  SHOW(close_range(base + 2, base + 4, 0));
  SHOW(fcntl(base + 1, F_GETFD));
  SHOW(fcntl(base + 3, F_GETFD));
  SHOW(close_range(base + 5, base + 6, CLOSE_RANGE_CLOEXEC));
  SHOW(fcntl(base + 5, F_GETFD));
  SHOW(close_range(9, 8, 0));
  SHOW(close_range(base, ~0u, 0));
  SHOW(fcntl(base, F_GETFD));
  SHOW(dup3(0, base + 40, O_CLOEXEC) == base + 40);
  SHOW(fcntl(base + 40, F_GETFD));
  SHOW(dup3(0, 0, 0));
  SHOW(dup3(0, 5, O_APPEND));
  int m = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  SHOW(ftruncate(m, 4096));
  SHOW(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE));
  SHOW(fcntl(m, F_GET_SEALS));
  SHOW(ftruncate(m, 0));
  SHOW(write(m, "x", 1));
  SHOW(memfd_create("name", 0x8000));
  char *list = malloc(4096);
  int d = open(".", O_DIRECTORY);
  SHOW(syscall(SYS_getdents64, d, list, 8));
  SHOW(syscall(SYS_getdents64, d, list, 0));
  SHOW(syscall(SYS_getdents64, m, list, 4096));
  WORKS(syscall(SYS_getdents64, d, list, 4096));
  SHOW(syscall(SYS_getdents64, d, list, 4096));
  char range[16] = {0}, counts[40];
  SHOW(syscall(451, 1000, range, counts, 0));
  SHOW(syscall(451, d, 8, counts, 0));
}

int main(void) {
  positions();
  pipes();
  names();
  attributes();
  descriptors();
  unlink("data");
  return 0;
}
