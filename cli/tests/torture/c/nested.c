// SPDX-License-Identifier: MIT
// Handlers: nested, masked, on their own stack, reset after one call, and their siginfo.
#include "torture.h"
#include <setjmp.h>
#include <ucontext.h>

static volatile int depth, deepest;

static void nests(int number, siginfo_t *info, void *context) {
    (void)info, (void)context;
    depth++;
    if (depth > deepest) deepest = depth;
    SAY("  enters %d at depth %d", number, depth);
    if (number == SIGUSR1) raise(SIGUSR2);
    if (number == SIGUSR2) raise(SIGHUP);
    SAY("  leaves %d at depth %d", number, depth);
    depth--;
}

static void repeats(int number, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (++depth < 5) raise(number);
    if (depth > deepest) deepest = depth;
    SAY("  deepest %d", deepest);
    if (deepest == 5) depth--;
}

static void counts(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    SAY("  code %s, sender is %s", info->si_code == SI_TKILL ? "SI_TKILL" : info->si_code == SI_USER ? "SI_USER" : "SI_QUEUE",
        info->si_pid == getpid() ? "the process itself" : "another");
}

// Signals that stay blocked while a handler runs.
static volatile int inside;
static void blocks(int number, siginfo_t *info, void *context) {
    (void)info, (void)context;
    if (number == SIGUSR1) {
        inside = 1;
        raise(SIGUSR2);
        sigset_t waiting;
        sigpending(&waiting);
        SAY("  inside: SIGUSR2 waits %d", sigismember(&waiting, SIGUSR2));
        inside = 0;
    } else {
        SAY("  SIGUSR2 comes when inside is %d", inside);
    }
}

static char own_stack[1 << 16] __attribute__((aligned(16)));
static void where(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    char here;
    stack_t stack;
    HOLDS(sigaltstack(NULL, &stack) == 0);
    SAY("  on its own stack: %d, flags %s", &here >= own_stack && &here < own_stack + sizeof own_stack,
        stack.ss_flags == SS_ONSTACK ? "SS_ONSTACK" : stack.ss_flags == SS_DISABLE ? "SS_DISABLE" : "0");
    stack.ss_flags = 0;
    if (&here >= own_stack && &here < own_stack + sizeof own_stack)
        SAY("  changed meanwhile: %s", sigaltstack(&stack, NULL) ? answer(errno) : "ok");
}

static sigjmp_buf out;
static void overflows(int number, siginfo_t *info, void *context) {
    (void)info, (void)context;
    char here;
    SAY("  %s on its own stack: %d", number == SIGSEGV ? "SIGSEGV" : "?",
        &here >= own_stack && &here < own_stack + sizeof own_stack);
    siglongjmp(out, 1);
}
static int recurses(volatile int *word) {
    volatile int room[1000];
    room[0] = *word + 1;
    return recurses(&room[0]) + room[999];
}

int main(void) {
    handle(SIGUSR1, nests, 0);
    handle(SIGUSR2, nests, 0);
    handle(SIGHUP, nests, 0);
    SAY("nested");
    raise(SIGUSR1);
    SAY("deepest %d", deepest);

    deepest = 0;
    SAY("SA_NODEFER");
    handle(SIGUSR1, repeats, SA_NODEFER);
    raise(SIGUSR1);

    SAY("SA_RESETHAND");
    handle(SIGCHLD, counts, SA_RESETHAND);
    kill(getpid(), SIGCHLD);
    struct sigaction now;
    sigaction(SIGCHLD, NULL, &now);
    SAY("reset: %d", now.sa_handler == SIG_DFL);
    handle(SIGCHLD, counts, 0);
    raise(SIGCHLD);

    SAY("sa_mask");
    struct sigaction action = {.sa_sigaction = blocks, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    HOLDS(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
    raise(SIGUSR1);

    SAY("own stack");
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    HOLDS(sigaltstack(&stack, NULL) == 0);
    handle(SIGUSR1, where, SA_ONSTACK);
    raise(SIGUSR1);
    handle(SIGUSR1, where, 0);
    raise(SIGUSR1);
    stack_t small = {.ss_sp = own_stack, .ss_size = 16};
    SAY("too small: %s", sigaltstack(&small, NULL) ? answer(errno) : "ok");

    SAY("stack overflow");
    handle(SIGSEGV, overflows, SA_ONSTACK);
    for (int round = 0; round < 3; round++) {
        volatile int zero = 0;
        if (sigsetjmp(out, 1) == 0) {
            recurses(&zero);
            SAY("never said");
        }
    }
    SAY("SIGKILL: %s", sigaction(SIGKILL, &action, NULL) ? answer(errno) : "ok");
}
