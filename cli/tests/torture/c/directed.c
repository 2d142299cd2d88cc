// SPDX-License-Identifier: MIT
// Signals and threads: who gets one, masks of their own, and a thread that does nothing but wait for them.
#include "torture.h"
#include <sys/syscall.h>

static atomic_int ready, done, handled_by, handled;
static int numbers[3];

static void who(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    handled_by = (int)syscall(SYS_gettid);
    handled++;
}

static void *spins(void *word) {
    *(atomic_int *)word = (int)syscall(SYS_gettid);
    while (!done) sched_yield();
    return word;
}

static void *sleeps(void *word) {
    *(atomic_int *)word = (int)syscall(SYS_gettid);
    struct timespec left = {1000, 0};
    SAY("  sleep: %s", nanosleep(&left, &left) < 0 ? answer(errno) : "ok");
    return word;
}

static void *blocks(void *word) {
    sigset_t set = only(SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return spins(word);
}

static void *waits(void *word) {
    sigset_t set = only(SIGTERM);
    sigaddset(&set, SIGRTMIN);
    ready = 1;
    for (int n = 0; n < 3; n++) {
        int number;
        HOLDS(sigwait(&set, &number) == 0);
        numbers[n] = number;
        done = n + 1;
    }
    return word;
}

static void wait_for(atomic_int *word, int value) {
    while (*word != value) sched_yield();
}

int main(void) {
    atomic_int tid = 0, other = 0;
    handle(SIGUSR1, who, SA_RESTART);
    handle(SIGUSR2, who, SA_RESTART);

    pthread_t thread = start(spins, &tid);
    while (!tid) sched_yield();
    for (int n = 1; n <= 100; n++) {
        HOLDS(pthread_kill(thread, SIGUSR1) == 0);
        wait_for(&handled, n);
        HOLDS(handled_by == tid);
    }
    SAY("to a thread that spins: %d", handled);
    handled = 0;
    for (int n = 1; n <= 10; n++) {
        raise(SIGUSR1);
        HOLDS(handled == n && handled_by == getpid());
    }
    SAY("to itself: %d", handled);

    // The main thread blocks it too, so that only one thread is left that takes it.
    sigset_t set = only(SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_t second = start(blocks, &other);
    while (!other) sched_yield();
    handled = 0;
    HOLDS(kill(getpid(), SIGUSR2) == 0);
    wait_for(&handled, 1);
    SAY("to the process: by the only one that does not block it %d", handled_by == tid);
    // Sent to a thread that blocks it, it waits there and nowhere else.
    HOLDS(pthread_kill(second, SIGUSR2) == 0);
    sleep_ms(30);
    sigset_t pending;
    sigpending(&pending);
    SAY("to a thread that blocks it: handled %d, pending here %d", handled, sigismember(&pending, SIGUSR2));
    done = 1;
    join(thread);
    join(second);

    tid = 0;
    handle(SIGUSR1, who, 0);
    thread = start(sleeps, &tid);
    while (!tid) sched_yield();
    sleep_ms(20);
    HOLDS(pthread_kill(thread, SIGUSR1) == 0);
    join(thread);

    sigset_t both = only(SIGTERM);
    sigaddset(&both, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
    ready = done = 0;
    thread = start(waits, NULL);
    wait_for(&ready, 1);
    HOLDS(kill(getpid(), SIGTERM) == 0);
    wait_for(&done, 1);
    HOLDS(pthread_kill(thread, SIGRTMIN) == 0);
    wait_for(&done, 2);
    HOLDS(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 4}) == 0);
    wait_for(&done, 3);
    join(thread);
    SAY("a thread that waits: %d %d %d", numbers[0] == SIGTERM, numbers[1] == SIGRTMIN, numbers[2] == SIGRTMIN);
    SAY("no such thread: %s", syscall(SYS_tgkill, getpid(), 0x3fffff00, 0) < 0 ? answer(errno) : "ok");
}
