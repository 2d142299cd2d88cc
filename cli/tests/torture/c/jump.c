// SPDX-License-Identifier: MIT
// Jumps: with and without the mask, out of handlers, across many frames, and contexts that are swapped.
#include "torture.h"
#include <setjmp.h>
#include <sys/time.h>
#include <ucontext.h>

static sigjmp_buf out;
static volatile int rounds;

static void leaves(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    siglongjmp(out, 1);
}

static int blocked(int number) {
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, number);
}

static void descends(int depth) {
    volatile char room[100];
    room[0] = 1;
    if (depth == 0) raise(SIGUSR1);
    descends(depth - 1 + room[0] - 1);
}

static ucontext_t contexts[3];
static int order[16], used;
static void coroutine(int me) {
    for (int n = 0; n < 3; n++) {
        order[used++] = me * 10 + n;
        swapcontext(&contexts[me], &contexts[me % 2 + 1]);
    }
}

int main(void) {
    handle(SIGUSR1, leaves, 0);
    if (sigsetjmp(out, 1) == 0) raise(SIGUSR1);
    SAY("mask saved: blocked %d", blocked(SIGUSR1));
    if (sigsetjmp(out, 0) == 0) raise(SIGUSR1);
    SAY("mask not saved: blocked %d", blocked(SIGUSR1));
    sigset_t set = only(SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &set, NULL);

    for (volatile int n = 0; n < 500; n++) {
        if (sigsetjmp(out, 1) == 0) descends(n % 50);
        rounds++;
    }
    SAY("out of frames: %d", rounds);

    // A timer leaves an endless loop, again and again.
    handle(SIGALRM, leaves, 0);
    rounds = 0;
    struct itimerval soon = {.it_value.tv_usec = 2000};
    for (volatile int n = 0; n < 20; n++) {
        if (sigsetjmp(out, 1) == 0) {
            setitimer(ITIMER_REAL, &soon, NULL);
            for (;;) {}
        }
        rounds++;
    }
    SAY("out of loops: %d", rounds);
    // And a sleeping call.
    for (volatile int n = 0; n < 5; n++) {
        if (sigsetjmp(out, 1) == 0) {
            setitimer(ITIMER_REAL, &soon, NULL);
            pause();
        }
        rounds++;
    }
    SAY("out of calls: %d", rounds);

    static char stacks[2][1 << 16];
    for (int me = 1; me <= 2; me++) {
        getcontext(&contexts[me]);
        contexts[me].uc_stack.ss_sp = stacks[me - 1];
        contexts[me].uc_stack.ss_size = sizeof stacks[0];
        contexts[me].uc_link = &contexts[0];
        makecontext(&contexts[me], (void (*)(void))coroutine, 1, me);
    }
    swapcontext(&contexts[0], &contexts[1]);
    for (int n = 0; n < used; n++) printf("%d ", order[n]);
    SAY("contexts");
}
