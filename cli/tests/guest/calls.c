/* Makes one system call after the other, between two marks, for a comparison of the logs of calls.
 *
 * Raw calls only, so that the libraries of two machines cannot choose different ones. What differs from run
 * to run (addresses, process numbers, times) is kept small and recognisable. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/sysinfo.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
#define BAD ((void *)16)

static char bytes[256];

static void files(void)
{
    static struct stat st;
    static struct statx stx;
    static struct iovec iov[2] = {{"one", 3}, {"two\n", 4}};
    static struct iovec in[2] = {{bytes, 5}, {bytes + 64, 7}};
    int fd = CALL(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    CALL(write, fd, "hello\tworld \"quoted\" \\ \1\0012\377 and much more of it", 50);
    CALL(writev, fd, iov, 2);
    CALL(pwrite64, fd, "at", 2, 100);
    CALL(pwritev, fd, iov, 2, 200, 0);
    CALL(lseek, fd, 0, SEEK_SET);
    CALL(lseek, fd, -1L, SEEK_END);
    CALL(lseek, fd, 0, 99);
    CALL(lseek, fd, 0, SEEK_SET);
    CALL(read, fd, bytes, 5);
    CALL(read, fd, bytes, 200);
    CALL(read, 99, bytes, 5);
    CALL(read, fd, BAD, 5);
    CALL(readv, fd, in, 2);
    CALL(preadv, fd, in, 2, 1, 0);
    CALL(readv, 99, in, 2);
    CALL(pread64, fd, bytes, 4, 2);
    CALL(fstat, fd, &st);
    CALL(fstat, 99, &st);
    CALL(newfstatat, AT_FDCWD, "/dev/null", &st, 0);
    CALL(newfstatat, AT_FDCWD, ".", &st, AT_SYMLINK_NOFOLLOW);
    CALL(newfstatat, AT_FDCWD, "/nowhere", &st, 0);
    CALL(newfstatat, fd, "", &st, AT_EMPTY_PATH);
    CALL(statx, AT_FDCWD, "file", AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &stx);
    CALL(statx, AT_FDCWD, "/nowhere", AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &stx);
    CALL(openat, AT_FDCWD, "/nowhere", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    CALL(openat, AT_FDCWD, BAD, O_WRONLY | O_APPEND);
    CALL(openat, 99, "x", O_PATH | O_NOFOLLOW);
    CALL(openat, AT_FDCWD, "no/where", O_RDWR | O_SYNC | O_TMPFILE, 0600);
    CALL(faccessat, AT_FDCWD, "file", R_OK | W_OK);
    CALL(faccessat, AT_FDCWD, "file", F_OK);
    CALL(faccessat, AT_FDCWD, "/nowhere", X_OK);
    CALL(mkdirat, AT_FDCWD, "folder", 0755);
    CALL(mkdirat, AT_FDCWD, "folder", 01777);
    CALL(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0644, 0);
    CALL(mknodat, 99, "null", S_IFCHR | 0666, 259);
    CALL(symlinkat, "file", AT_FDCWD, "link");
    CALL(readlinkat, AT_FDCWD, "link", bytes, 100);
    CALL(readlinkat, AT_FDCWD, "file", bytes, 100);
    CALL(linkat, AT_FDCWD, "file", AT_FDCWD, "other", 0);
    CALL(linkat, AT_FDCWD, "/nowhere", AT_FDCWD, "other", AT_SYMLINK_FOLLOW);
    CALL(renameat2, AT_FDCWD, "other", AT_FDCWD, "another", RENAME_NOREPLACE);
    CALL(renameat2, AT_FDCWD, "/nowhere", AT_FDCWD, "another", 0);
    CALL(fchmodat, AT_FDCWD, "file", 0600);
    CALL(fchmod, fd, 0644);
    CALL(fchown, fd, -1, -1);
    CALL(fchownat, AT_FDCWD, "file", -1, -1, AT_SYMLINK_NOFOLLOW);
    struct timespec times[2] = {{1, 5}, {0, UTIME_NOW}};
    CALL(utimensat, AT_FDCWD, "file", times, 0);
    CALL(utimensat, AT_FDCWD, "/nowhere", NULL, AT_SYMLINK_NOFOLLOW);
    CALL(unlinkat, AT_FDCWD, "another", 0);
    CALL(unlinkat, AT_FDCWD, "fifo", 0);
    CALL(unlinkat, AT_FDCWD, "link", 0);
    int dir = CALL(openat, AT_FDCWD, "folder", O_RDONLY | O_DIRECTORY);
    CALL(getdents64, dir, bytes, 200);
    CALL(getdents64, dir, bytes, 200);
    CALL(fchdir, dir);
    CALL(chdir, "..");
    CALL(close, dir);
    CALL(unlinkat, AT_FDCWD, "folder", AT_REMOVEDIR);
    CALL(ftruncate, fd, 1000);
    CALL(truncate, "file", 100);
    CALL(truncate, "/nowhere", 1);
    CALL(fallocate, fd, 1 /* KEEP_SIZE */, 0, 4096);
    CALL(fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    CALL(fsync, fd);
    CALL(fdatasync, fd);
    CALL(flock, fd, LOCK_EX | LOCK_NB);
    CALL(flock, fd, LOCK_UN);
    CALL(umask, 022);
    CALL(umask, 022);
    CALL(dup, fd);
    CALL(dup3, fd, 20, O_CLOEXEC);
    CALL(dup3, fd, fd, 0);
    CALL(close, 20);
    CALL(close, 20);
    CALL(close_range, 30, 40, 0);
    CALL(fcntl, fd, F_GETFD);
    CALL(fcntl, fd, F_SETFD, 0);
    CALL(fcntl, fd, F_SETFD, FD_CLOEXEC);
    CALL(fcntl, fd, F_DUPFD, 20);
    CALL(fcntl, fd, F_DUPFD_CLOEXEC, 20);
    CALL(fcntl, fd, F_SETFL, O_RDONLY | O_NONBLOCK | O_APPEND);
    CALL(fcntl, 0, F_GETOWN);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 10};
    CALL(fcntl, fd, F_SETLK, &lock);
    CALL(fcntl, fd, F_GETLK, &lock);
    CALL(fcntl, fd, F_SETLK, BAD);
    CALL(fcntl, fd, 77, 5);
    int pipes[2];
    CALL(pipe2, pipes, O_CLOEXEC | O_NONBLOCK);
    CALL(pipe2, BAD, 0);
    CALL(fcntl, pipes[0], F_GETPIPE_SZ);
    CALL(fcntl, pipes[0], F_SETPIPE_SZ, 4096);
    CALL(read, pipes[0], bytes, 5);
    CALL(ioctl, pipes[0], FIONREAD, bytes);
    CALL(ioctl, fd, TCGETS, bytes);
    CALL(ioctl, fd, TIOCGWINSZ, bytes);
    CALL(ioctl, pipes[0], FIONBIO, (int[]){1});
    off_t zero = 0;
    CALL(sendfile, pipes[1], fd, &zero, 10);
    CALL(sendfile, 99, fd, NULL, 10);
    CALL(splice, pipes[0], NULL, pipes[1], NULL, 4, 3);
    CALL(copy_file_range, 99, NULL, fd, NULL, 100, 0);
    CALL(memfd_create, "name", 1);
    CALL(eventfd2, 5, EFD_CLOEXEC | EFD_NONBLOCK);
    int notes = CALL(inotify_init1, IN_NONBLOCK | IN_CLOEXEC);
    CALL(inotify_add_watch, notes, "file", IN_MODIFY | IN_DELETE_SELF);
    CALL(inotify_rm_watch, notes, 1);
    CALL(getcwd, bytes, 1);
    CALL(statfs, "/nowhere", bytes);
    CALL(getxattr, "file", "user.none", bytes, 100);
    CALL(listxattr, "/nowhere", bytes, 100);
    CALL(chroot, "/nowhere");
    CALL(unlinkat, AT_FDCWD, "file", 0);
}

static void waits(void)
{
    int pair[2];
    struct timespec soon = {0, 1000000}, never = {100, 0};
    struct pollfd list[2] = {{.events = POLLIN}, {.events = POLLOUT | POLLHUP}};
    uint64_t mask = 1 << (SIGUSR1 - 1);
    CALL(pipe2, pair, 0);
    list[0].fd = pair[0];
    list[1].fd = pair[1];
    CALL(ppoll, list, 1, &soon, NULL, 8);
    CALL(ppoll, list, 2, NULL, &mask, 8);
    CALL(ppoll, list, 0, &soon, NULL, 0);
    CALL(ppoll, BAD, 1, &soon, NULL, 0);
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(pair[0], &in);
    FD_SET(pair[1], &out);
    soon = (struct timespec){0, 1000000};
    CALL(pselect6, pair[0] + 1, &in, NULL, NULL, &soon, NULL);
    FD_SET(pair[0], &in);
    struct { void *at; size_t size; } set = {&mask, 8};
    CALL(pselect6, pair[1] + 1, &in, &out, NULL, NULL, &set);
    CALL(pselect6, 5, BAD, NULL, NULL, NULL, NULL);
    int epoll = CALL(epoll_create1, EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.u64 = 0x100000002}, got[4];
    CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, pair[1], &event);
    CALL(epoll_ctl, epoll, EPOLL_CTL_MOD, pair[1], &event);
    CALL(epoll_pwait, epoll, got, 4, -1, NULL, 8);
    CALL(epoll_pwait, epoll, got, 4, 0, &mask, 8);
    CALL(epoll_ctl, epoll, EPOLL_CTL_DEL, pair[1], NULL);
    CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, 99, BAD);
    CALL(epoll_pwait, epoll, got, 0, 5, NULL, 8);
    CALL(nanosleep, &(struct timespec){0, 1000}, NULL);
    CALL(nanosleep, &(struct timespec){0, -1}, NULL);
    CALL(nanosleep, BAD, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){0, 1000}, &never);
    CALL(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){1, 1000}, NULL);
    struct timespec now;
    CALL(clock_gettime, CLOCK_MONOTONIC, &now);
    CALL(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
    CALL(clock_gettime, 77, &now);
    CALL(clock_getres, CLOCK_REALTIME, &now);
    struct timeval tv;
    CALL(gettimeofday, &tv, NULL);
    struct itimerval timer = {{0, 0}, {100, 5}}, before;
    CALL(setitimer, ITIMER_REAL, &timer, &before);
    CALL(setitimer, ITIMER_REAL, &before, NULL);
    CALL(getitimer, ITIMER_VIRTUAL, &before);
}

static void handler(int signal) { (void)signal; }

static void signals(void)
{
    struct { void *handler; unsigned long flags;
#ifdef __x86_64__
             void *restorer;
#endif
             uint64_t mask; } act = {.handler = SIG_IGN}, old;
    uint64_t set = 1 << (SIGUSR1 - 1) | 1 << (SIGCHLD - 1) | 1ull << 33, most = ~(1ull << (SIGINT - 1)), all = -1;
    CALL(rt_sigaction, SIGUSR2, &act, &old, 8);
    CALL(rt_sigaction, SIGUSR2, NULL, &old, 8);
    act.handler = SIG_DFL;
    act.flags = SA_RESTART | SA_NODEFER;
    act.mask = set;
    CALL(rt_sigaction, SIGUSR2, &act, NULL, 8);
    CALL(rt_sigaction, SIGKILL, &act, NULL, 8);
    CALL(rt_sigaction, SIGUSR2, BAD, NULL, 8);
    CALL(rt_sigaction, 35, NULL, &old, 8);
    CALL(rt_sigprocmask, SIG_BLOCK, &set, &most, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, &most, NULL, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &all, &set, 8);
    CALL(rt_sigprocmask, 9, NULL, NULL, 8);
    uint64_t one = 1 << (SIGUSR1 - 1), pending;
    CALL(rt_sigprocmask, SIG_BLOCK, &one, NULL, 8);
    CALL(tgkill, getpid(), getpid(), SIGUSR1);
    CALL(rt_sigpending, &pending, 8);
    siginfo_t info;
    CALL(rt_sigtimedwait, &one, &info, NULL, 8);
    CALL(rt_sigtimedwait, &one, NULL, &(struct timespec){0, 1000}, 8);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &one, NULL, 8);
    signal(SIGUSR1, handler);
    CALL(kill, getpid(), SIGUSR1);
    CALL(kill, getpid(), 0);
    CALL(tkill, -1, SIGRTMIN);
    stack_t stack = {malloc(65536), 0, 65536}, previous;
    CALL(sigaltstack, NULL, &previous);
    CALL(sigaltstack, &stack, NULL);
    stack.ss_flags = SS_DISABLE;
    CALL(sigaltstack, &stack, NULL);
}

static void memory(void)
{
    char *at = (char *)CALL(mmap, NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(mmap, NULL, 4096, PROT_READ, MAP_SHARED, 99, 4096);
    CALL(mmap, NULL, 0, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    CALL(mprotect, at, 4096, PROT_READ | PROT_EXEC);
    CALL(mprotect, at + 1, 4096, PROT_NONE);
    CALL(madvise, at, 4096, MADV_DONTNEED);
    CALL(madvise, at, 4096, 77);
    CALL(msync, at, 4096, MS_SYNC | MS_INVALIDATE);
    CALL(mincore, at, 8192, bytes);
    CALL(mremap, at, 16384, 8192, 0);
    CALL(mremap, at, 8192, 65536, MREMAP_MAYMOVE);
    CALL(mlock, (void *)4096, 4096);
    CALL(munlock, (void *)4096, 4096);
    CALL(munmap, (void *)1, 4096);
    CALL(membarrier, 99, 0);
    int word = 1;
    CALL(futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    CALL(futex, &word, FUTEX_WAIT, 2, NULL);
    CALL(futex, &word, FUTEX_WAIT_PRIVATE, 1, &(struct timespec){0, 1000});
    CALL(futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 1, &(struct timespec){1, 0}, NULL, -1);
    CALL(futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 7);
    CALL(futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 5, &word, 3);
}

static void sockets(void)
{
    int pair[2], one = 1;
    socklen_t len = 128;
    char name[128];
    struct sockaddr_in in = {AF_INET, htons(0), {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 in6 = {AF_INET6, htons(443), 0, IN6ADDR_LOOPBACK_INIT, 0};
    struct sockaddr_un un = {AF_UNIX, "/nowhere/socket"};
    CALL(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    CALL(sendto, pair[0], "hello", 5, MSG_NOSIGNAL, NULL, 0);
    CALL(recvfrom, pair[1], bytes, 10, MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
    CALL(recvfrom, pair[1], bytes, 10, 0, NULL, NULL);
    CALL(recvfrom, pair[1], bytes, 10, MSG_DONTWAIT, name, &len);
    CALL(shutdown, pair[0], SHUT_WR);
    int tcp = CALL(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    int udp = CALL(socket, AF_INET, SOCK_DGRAM, IPPROTO_IP);
    CALL(socket, AF_INET6, SOCK_RAW, 77);
    CALL(socket, 99, SOCK_STREAM, 0);
    CALL(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, &one, 4);
    CALL(setsockopt, tcp, IPPROTO_TCP, TCP_NODELAY, &one, 4);
    CALL(setsockopt, tcp, SOL_SOCKET, SO_LINGER, &(struct linger){1, 5}, 8);
    CALL(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, &one, 1);
    len = 4;
    CALL(getsockopt, tcp, SOL_SOCKET, SO_ERROR, &one, &len);
    CALL(getsockopt, tcp, SOL_SOCKET, SO_TYPE, &one, &len);
    CALL(getsockopt, 99, SOL_SOCKET, SO_RCVBUF, &one, &len);
    CALL(bind, tcp, &in, sizeof in);
    CALL(bind, tcp, &in, 1);
    CALL(bind, pair[0], &un, sizeof un);
    CALL(listen, tcp, 5);
    len = 128;
    CALL(getsockname, udp, name, &len);
    CALL(getpeername, udp, name, &len);
    CALL(getsockname, pair[0], name, &len);
    CALL(connect, udp, &in6, sizeof in6);
    CALL(connect, pair[0], &un, 2 + strlen(un.sun_path) + 1);
    un.sun_path[0] = 0;
    CALL(connect, pair[0], &un, 2 + 16);
    in.sin_port = htons(9);
    CALL(sendto, udp, "x", 1, 0, &in, sizeof in);
    CALL(accept4, tcp, name, &len, SOCK_CLOEXEC);
    CALL(accept, 99, NULL, NULL);
    CALL(accept, 99, name, &len);
}

static void processes(void)
{
    int status;
    struct rlimit limit = {1 << 20, RLIM_INFINITY};
    struct rusage usage;
    struct utsname names;
    int ids[3];
    unsigned long cpus[2];
    CALL(prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    limit = (struct rlimit){1000, 5 << 20};
    CALL(prlimit64, -1, RLIMIT_NOFILE, &limit, NULL);
    CALL(prlimit64, 0, 99, NULL, &limit);
    CALL(getrlimit, RLIMIT_FSIZE, &limit);
    CALL(getrusage, RUSAGE_SELF, &usage);
    CALL(getrusage, 77, &usage);
    CALL(sethostname, BAD, 5);
    CALL(prctl, PR_SET_NAME, "a name");
    CALL(prctl, PR_GET_NAME, bytes);
    CALL(prctl, PR_SET_PDEATHSIG, SIGTERM);
    CALL(prctl, PR_GET_PDEATHSIG, &status);
    CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    CALL(getresuid, ids, ids + 1, ids + 2);
    CALL(getresgid, ids, ids + 1, BAD);
    CALL(getgroups, 0, NULL);
    CALL(setreuid, -1, -1);
    CALL(setresgid, -1, -1, -1);
    CALL(getpgid, 0);
    CALL(getsid, -1);
    CALL(setpgid, -1, 0);
    CALL(getpriority, PRIO_PROCESS, 0);
    CALL(setpriority, PRIO_PROCESS, -1, 5);
    CALL(sched_yield);
    CALL(sched_getaffinity, 0, 4, cpus);
    CALL(getrandom, bytes, 3, GRND_NONBLOCK);
    CALL(getrandom, bytes, 3, 77);
    CALL(getcpu, NULL, NULL, NULL);
    CALL(getuid);
    CALL(getpid);
    CALL(set_robust_list, BAD, 24);
    CALL(set_tid_address, bytes);
    CALL(execve, "/nowhere", (char *[]){"a", "b\n", NULL}, (char *[]){"A=1", NULL});
    CALL(execve, "/nowhere", NULL, BAD);
    CALL(wait4, -1, &status, WNOHANG, NULL);
    int child = fork();
    if (!child)
        CALL(exit_group, 3);
    CALL(wait4, child, &status, 0, &usage);
    child = fork();
    if (!child) {
        CALL(kill, getpid(), SIGKILL);
        for (;;);
    }
    siginfo_t info;
    CALL(waitid, P_PID, child, &info, WEXITED | WNOWAIT, NULL);
    CALL(wait4, -1, &status, WUNTRACED | WCONTINUED, NULL);
    CALL(waitid, P_ALL, 0, &info, WEXITED, NULL);
}

int main(void)
{
    CALL(write, -1, "begin", 5);
    files();
    waits();
    memory();
    sockets();
    signals();
    processes();
    CALL(write, -1, "end", 3);
    CALL(exit_group, 7);
}
