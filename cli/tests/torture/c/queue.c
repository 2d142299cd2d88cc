// SPDX-License-Identifier: MIT
// Signals that wait: real-time order and values, sigwait and its family, what is ignored or blocked.
#include "torture.h"

static int got[64], values[64], count;

static void takes(int number, siginfo_t *info, void *context) {
    (void)context;
    got[count] = number;
    values[count++] = info->si_value.sival_int;
}

int main(void) {
    sigset_t set, old;
    sigemptyset(&set);
    for (int n = 0; n < 4; n++) {
        sigaddset(&set, SIGRTMIN + n);
        // One handler at a time, so that the order is that of delivery.
        struct sigaction action = {.sa_sigaction = takes, .sa_flags = SA_SIGINFO};
        sigfillset(&action.sa_mask);
        HOLDS(sigaction(SIGRTMIN + n, &action, NULL) == 0);
    }
    handle(SIGUSR1, takes, 0);
    sigaddset(&set, SIGUSR1);
    HOLDS(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    for (int round = 0; round < 3; round++)
        for (int n = 3; n >= 0; n--)
            HOLDS(sigqueue(getpid(), SIGRTMIN + n, (union sigval){.sival_int = round * 10 + n}) == 0);
    HOLDS(kill(getpid(), SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0);

    // sigwaitinfo takes the lowest that was asked for, the oldest first.
    siginfo_t info;
    sigset_t third = only(SIGRTMIN + 2);
    HOLDS(sigwaitinfo(&third, &info) == SIGRTMIN + 2);
    SAY("waited: value %d, code %s", info.si_value.sival_int, info.si_code == SI_QUEUE ? "SI_QUEUE" : "?");
    sigset_t pending;
    sigpending(&pending);
    SAY("pending: %d %d %d", sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGRTMIN + 2),
        sigismember(&pending, SIGUSR1));

    HOLDS(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    // Handlers that are entered together run in the order of the last one first on some systems; with every
    // signal masked inside, they run one after another.
    SAY("delivered %d", count);
    for (int n = 0; n < count; n++)
        if (got[n] != SIGUSR1) SAY("  RTMIN+%d value %d", got[n] - SIGRTMIN, values[n]);

    HOLDS(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    struct timespec brief = {0, 20000000}, zero = {0, 0};
    SAY("nothing in time: %s", sigtimedwait(&set, &info, &brief) < 0 ? answer(errno) : "ok");
    SAY("nothing now: %s", sigtimedwait(&set, &info, &zero) < 0 ? answer(errno) : "ok");
    int number = 0;
    raise(SIGUSR1);
    int error = sigwait(&set, &number);
    SAY("sigwait: %s, SIGUSR1 %d", answer(error), number == SIGUSR1);

    pid_t child = fork();
    if (child == 0) {
        union sigval value = {.sival_int = 77};
        sigqueue(getppid(), SIGRTMIN + 1, value);
        _exit(0);
    }
    HOLDS(sigwaitinfo(&set, &info) == SIGRTMIN + 1);
    SAY("from a child: value %d, its pid %d", info.si_value.sival_int, info.si_pid == child);
    HOLDS(waitpid(child, NULL, 0) == child);

    // A blocked signal waits even while it is ignored, until it is ignored anew. [kernel/signal.c]
    signal(SIGUSR2, SIG_IGN);
    sigset_t second = only(SIGUSR2);
    sigprocmask(SIG_BLOCK, &second, NULL);
    raise(SIGUSR2);
    signal(SIGUSR2, SIG_DFL);
    sigpending(&pending);
    SAY("ignored when it came: waits %d", sigismember(&pending, SIGUSR2));
    signal(SIGUSR2, SIG_IGN);
    sigpending(&pending);
    SAY("ignored anew: waits %d", sigismember(&pending, SIGUSR2));
    // SIGCHLD of an ended child, with what it ended with.
    sigset_t chld = only(SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    sigtimedwait(&chld, &info, &zero);
    child = fork();
    if (child == 0) _exit(9);
    HOLDS(sigwaitinfo(&chld, &info) == SIGCHLD);
    SAY("SIGCHLD: pid %d, status %d, %s", info.si_pid == child, info.si_status,
        info.si_code == CLD_EXITED ? "CLD_EXITED" : "?");
    HOLDS(waitpid(child, NULL, 0) == child);
    SAY("bad signal: %s", sigqueue(getpid(), 65, (union sigval){0}) ? answer(errno) : "ok");
}
