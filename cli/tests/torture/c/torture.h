// SPDX-License-Identifier: MIT
// What every torture shares: each prints the same text on every machine that keeps POSIX's promises.
#ifndef TORTURE_H
#define TORTURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Prints a line at once, so that a death leaves what came before it.
#define SAY(...) (printf(__VA_ARGS__), putchar('\n'), fflush(stdout))

// The name of what a call answered, 0 as "ok".
static inline const char *answer(int error) { return error ? strerrorname_np(error) : "ok"; }

// Ends the program with a line that names the fact that does not hold.
#define HOLDS(fact) \
    do { \
        if (!(fact)) { \
            SAY("line %d: %s does not hold (errno %s)", __LINE__, #fact, answer(errno)); \
            _exit(1); \
        } \
    } while (0)

static inline void sleep_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {}
}

// `ms` from now on a clock, as the calls with a deadline want it.
static inline struct timespec in_ms(clockid_t clock, long ms) {
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static inline pthread_t start(void *(*run)(void *), void *word) {
    pthread_t thread;
    HOLDS(pthread_create(&thread, NULL, run, word) == 0);
    return thread;
}

static inline void *join(pthread_t thread) {
    void *value;
    HOLDS(pthread_join(thread, &value) == 0);
    return value;
}

static inline void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    HOLDS(sigaction(number, &action, NULL) == 0);
}

static inline sigset_t only(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

#endif
