// SPDX-License-Identifier: MIT
// Signals during system calls: what starts again with SA_RESTART, what never does, and what time is left.
#include "torture.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

static volatile int handled;
static int to_write = -1, to_drain = -1;
static char much[1 << 20];

static void comes(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    handled++;
    // The second time, what the call waits for is given to it.
    if (handled == 2 && to_write >= 0) write(to_write, "x", 1);
    if (handled == 2 && to_drain >= 0)
        while (recv(to_drain, much, sizeof much, MSG_DONTWAIT) > 0) continue;
}

static void ticks(int first, int every) {
    struct itimerval timer = {.it_value.tv_usec = first * 1000, .it_interval.tv_usec = every * 1000};
    handled = 0;
    HOLDS(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void says(const char *name, long value) {
    int error = errno;
    ticks(0, 0);
    if (value < 0) SAY("%s: %s", name, answer(error));
    else SAY("%s: %ld", name, value);
}

static void calls(const char *title, int flags) {
    int pipes[2], pair[2];
    char byte;
    SAY("%s", title);
    handle(SIGALRM, comes, flags);
    HOLDS(pipe(pipes) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);

    to_write = pipes[1];
    ticks(20, 20);
    says("  read of a pipe", read(pipes[0], &byte, 1));

    to_write = pair[1];
    ticks(20, 20);
    says("  recv", recv(pair[0], &byte, 1, 0));

    struct iovec place = {&byte, 1};
    struct mmsghdr messages[1] = {{.msg_hdr = {.msg_iov = &place, .msg_iovlen = 1}}};
    ticks(20, 20);
    says("  recvmsg", recvmsg(pair[0], &messages[0].msg_hdr, 0));
    ticks(20, 20);
    says("  recvmmsg", recvmmsg(pair[0], messages, 1, 0, NULL));
    struct timeval most = {5, 0}, none = {0, 0};
    HOLDS(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0);
    ticks(20, 20);
    says("  recv with a timeout", recv(pair[0], &byte, 1, 0));
    ticks(20, 20);
    says("  read with a timeout", read(pair[0], &byte, 1));
    HOLDS(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0);
    while (send(pair[0], "", 1, MSG_DONTWAIT) == 1) continue;
    to_write = -1, to_drain = pair[1];
    ticks(20, 20);
    says("  sendmsg", sendmsg(pair[0], &messages[0].msg_hdr, 0));
    to_drain = -1;

    to_write = pipes[1];
    struct pollfd polled = {.fd = pipes[0], .events = POLLIN};
    ticks(20, 20);
    says("  poll", poll(&polled, 1, 1000));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    ticks(20, 20);
    says("  select", select(pipes[0] + 1, &set, NULL, NULL, NULL));

    pid_t child = fork();
    if (child == 0) {
        sleep_ms(80);
        _exit(5);
    }
    int status = 0;
    ticks(20, 0);
    long waited = waitpid(child, &status, 0);
    says("  waitpid", waited < 0 ? waited : WEXITSTATUS(status));
    if (waited < 0) HOLDS(waitpid(child, &status, 0) == child);
    for (int n = 0; n < 2; n++) close(pipes[n]), close(pair[n]);
    to_write = -1;
}

int main(void) {
    calls("with SA_RESTART", SA_RESTART);
    calls("without", 0);

    handle(SIGALRM, comes, SA_RESTART);
    struct timespec long_time = {5, 0}, left = {0};
    ticks(30, 0);
    says("nanosleep", nanosleep(&long_time, &left));
    SAY("what is left: %d", left.tv_sec == 4 && left.tv_nsec > 0);
    ticks(30, 0);
    int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left);
    SAY("clock_nanosleep: %s", answer(error));
    struct timespec later = in_ms(CLOCK_MONOTONIC, 60);
    ticks(20, 0);
    error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &later, NULL);
    SAY("until a time: %s", answer(error));
    ticks(20, 0);
    says("pause", pause());
    sigset_t none;
    sigemptyset(&none);
    ticks(20, 0);
    says("sigsuspend", sigsuspend(&none));

    // A writer that fills a pipe is interrupted after a part, which is the answer.
    int pipes[2];
    HOLDS(pipe(pipes) == 0);
    ticks(50, 0);
    long part = write(pipes[1], much, sizeof much);
    SAY("a part is written: %d", part == fcntl(pipes[1], F_GETPIPE_SZ));
}
