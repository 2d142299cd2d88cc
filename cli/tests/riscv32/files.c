/* Files: 64-bit offsets in pairs of registers, vectors, stat, directories, locks. */
#include "start.h"

struct statx {
    u32 mask, blksize;
    u64 attributes;
    u32 nlink, uid, gid;
    unsigned short mode, pad;
    u64 ino, size, blocks, attributes_mask;
    struct { i64 sec; u32 nsec; i32 pad; } atime, btime, ctime, mtime;
    u32 rdev_major, rdev_minor, dev_major, dev_minor;
    u64 rest[14];
};

static i64 seek(int fd, i64 offset, int whence) {
    i64 at = -1;
    long answer = sys(llseek, fd, HIGH(offset), LOW(offset), &at, whence);
    return answer < 0 ? answer : at;
}

static void facts(const char *path) {
    struct statx s;
    result("statx", sys(statx, AT_FDCWD, path, 0, 0x7ff, &s));
    show2("mode and size", s.mode, s.size);
    show("links", s.nlink);
}

int run(int argc, char **argv, char **envp, u32 *auxv) {
    char bytes[64];
    int fd = sys(openat, AT_FDCWD, "file", 0x242, 0644);
    result("open", fd);
    result("write", sys(write, fd, "0123456789", 10));
    result("seek", seek(fd, 3, 0));
    result("read", sys(read, fd, bytes, 4));
    sys(write, 1, bytes, 4), put("\n");
    show("end", seek(fd, 0, 2));
    show("far", seek(fd, 0x123456789all, 0));
    result("before the start", seek(fd, -1, 0));
    result("bad result", sys(llseek, fd, 0, 0, 1, 0));
    u64 far = 0x180000003ull;
    result("ftruncate", sys(ftruncate64, fd, LOW(far), HIGH(far)));
    facts("file");
    far = 0x140000001ull;
    result("pwrite", sys(pwrite64, fd, "beyond", 6, LOW(far), HIGH(far)));
    result("pread", sys(pread64, fd, bytes, 6, LOW(far), HIGH(far)));
    sys(write, 1, bytes, 6), put("\n");
    result("pread at 1", sys(pread64, fd, bytes, 3, 1, 0));
    sys(write, 1, bytes, 3), put("\n");
    struct { char *base; u32 len; } vector[2] = {{bytes, 2}, {bytes + 10, 3}};
    result("preadv", sys(preadv, fd, vector, 2, LOW(far), HIGH(far)));
    sys(write, 1, bytes, 2), put(" "), sys(write, 1, bytes + 10, 3), put("\n");
    result("writev", sys(writev, 1, vector, 2)), put("\n");
    vector[1].len = -1;
    result("a long vector", sys(writev, 1, vector, 2));
    result("truncate", sys(truncate64, "file", 10, 0));
    result("fallocate", sys(fallocate, fd, 0, 20, 0, 5, 0));
    facts("file");
    result("fadvise", sys(fadvise64_64, fd, 0, 1, 0, 1, 4));
    result("bad fadvise", sys(fadvise64_64, fd, 0, 1, 0, 1, 77));

    int pipe[2];
    result("pipe2", sys(pipe2, pipe, 0));
    i64 offset = 2;
    result("sendfile", sys(sendfile64, pipe[1], fd, &offset, 5));
    show("offset", offset);
    result("read", sys(read, pipe[0], bytes, 64));
    sys(write, 1, bytes, 5), put("\n");

    /* A lock beyond 4 GiB fits only into struct flock64. */
    struct { short kind, whence; i64 start, len; i32 pid; } wide = {1, 0, 0x100000000ll, 7, 0};
    result("F_SETLK64", sys(fcntl64, fd, 13, &wide));
    struct { short kind, whence; i32 start, len, pid; } lock = {1, 0, 5, 6, 0};
    result("F_SETLK", sys(fcntl64, fd, 6, &lock));
    lock.kind = 0;
    result("F_GETLK", sys(fcntl64, fd, 5, &lock));
    show2("lock", lock.kind, lock.start);
    result("F_GETFL", sys(fcntl64, fd, 3, 0) & ~0100000);
    result("F_DUPFD", sys(fcntl64, fd, 0, 40));

    struct { u32 type, bsize; u64 blocks, bfree, bavail, files, ffree; i32 fsid[2]; u32 namelen, rest[7]; } fs;
    result("statfs64", sys(statfs64, "/proc", 88, &fs));
    show2("type and name", fs.type, fs.namelen);
    result("statfs64 of another size", sys(statfs64, "/proc", 120, &fs));

    result("mkdir", sys(mkdirat, AT_FDCWD, "folder", 0755));
    int one = sys(openat, AT_FDCWD, "folder/one", 0x41, 0600);
    int folder = sys(openat, AT_FDCWD, "folder", 0x10000, 0);
    static u8 list[512] __attribute__((aligned(8)));
    long got = sys(getdents64, folder, list, sizeof list);
    int names = 0;
    for (long at = 0; at < got; at += *(unsigned short *)(list + at + 16))
        names += same((char *)list + at + 19, "one") && list[at + 18] == 8 ? 10 : 1;
    show("names", names);
    i64 times[4] = {0x123456789ll, 5 | 7ll << 32, 0x7fffffffll, 6};
    result("utimensat", sys(utimensat64, AT_FDCWD, "folder/one", times, 0));
    struct statx s;
    sys(statx, AT_FDCWD, "folder/one", 0, 0x7ff, &s);
    show2("atime", s.atime.sec, s.atime.nsec);
    show2("mtime", s.mtime.sec, s.mtime.nsec);
    result("close", sys(close, one));
    sys(unlinkat, AT_FDCWD, "folder/one", 0);
    result("rmdir", sys(unlinkat, AT_FDCWD, "folder", 0x200));
    result("unlink", sys(unlinkat, AT_FDCWD, "file", 0));
    result("statx of nothing", sys(statx, AT_FDCWD, "file", 0, 0x7ff, &s));
    return 0;
}
