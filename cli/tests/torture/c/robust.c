// SPDX-License-Identifier: MIT
// Robust mutexes whose owner dies, as a thread and as a process, and mutexes with priority inheritance.
#include "torture.h"
#include <sys/resource.h>

static pthread_mutex_t *shared(int robust, int protocol) {
    pthread_mutex_t *lock =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HOLDS(lock != MAP_FAILED);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    HOLDS(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
    if (robust) HOLDS(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
    HOLDS(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
    HOLDS(pthread_mutex_init(lock, &attributes) == 0);
    return lock;
}

static void raises_a_fault(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    // An emulator may say what killed its program.
    close(2);
    *(volatile int *)8 = 1;
}

static void *dies_holding(void *lock) {
    HOLDS(pthread_mutex_lock(lock) == 0);
    return NULL;
}

static void *waits_for(void *lock) {
    int error = pthread_mutex_lock(lock);
    SAY("a waiter gets %s", answer(error));
    if (error == EOWNERDEAD) pthread_mutex_consistent(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

static void by_thread(int protocol) {
    pthread_mutex_t *lock = shared(1, protocol);
    join(start(dies_holding, lock));
    SAY("after a thread: %s", answer(pthread_mutex_lock(lock)));
    SAY("made consistent: %s", answer(pthread_mutex_consistent(lock)));
    pthread_mutex_unlock(lock);
    SAY("usable again: %s", answer(pthread_mutex_lock(lock)));
    pthread_mutex_unlock(lock);
    join(start(dies_holding, lock));
    SAY("once more: %s", answer(pthread_mutex_trylock(lock)));
    pthread_mutex_unlock(lock);
    SAY("not made consistent: %s", answer(pthread_mutex_lock(lock)));
}

static void by_process(int protocol) {
    pthread_mutex_t *lock = shared(1, protocol);
    int up[2], down[2];
    char byte;
    HOLDS(pipe(up) == 0 && pipe(down) == 0);
    pid_t child = fork();
    HOLDS(child >= 0);
    if (child == 0) {
        pthread_mutex_lock(lock);
        write(up[1], "x", 1);
        read(down[0], &byte, 1);
        _exit(0);
    }
    HOLDS(read(up[0], &byte, 1) == 1);
    SAY("held by a child: %s", answer(pthread_mutex_trylock(lock)));
    pthread_t waiter = start(waits_for, lock);
    sleep_ms(30);
    HOLDS(write(down[1], "x", 1) == 1 && waitpid(child, NULL, 0) == child);
    join(waiter);
    SAY("and then: %s", answer(pthread_mutex_trylock(lock)));
}

static void *holds_on(void *lock) {
    HOLDS(pthread_mutex_lock(lock) == 0);
    for (;;) pause();
}

// A thread of a child holds it when the child ends, or dies of a fault.
static void by_thread_of_a_process(int faults) {
    pthread_mutex_t *lock = shared(1, PTHREAD_PRIO_NONE);
    pid_t child = fork();
    HOLDS(child >= 0);
    if (child == 0) {
        start(holds_on, lock);
        while (pthread_mutex_trylock(lock) == 0) pthread_mutex_unlock(lock);
        if (faults) raises_a_fault();
        _exit(0);
    }
    int status;
    HOLDS(waitpid(child, &status, 0) == child);
    SAY("status of the child: %d", status & 0x7f);
    SAY("after its thread: %s", answer(pthread_mutex_trylock(lock)));
}

static pthread_mutex_t *inherits;
static long counted;
static void *counts(void *word) {
    for (int n = 0; n < 3000; n++) {
        HOLDS(pthread_mutex_lock(inherits) == 0);
        counted++;
        HOLDS(pthread_mutex_unlock(inherits) == 0);
    }
    return word;
}
static void *tries_to_inherit(void *word) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 20);
    SAY("inheriting, held: %s", answer(pthread_mutex_trylock(inherits)));
    SAY("inheriting, held: %s", answer(pthread_mutex_timedlock(inherits, &soon)));
    return word;
}

int main(void) {
    by_thread(PTHREAD_PRIO_NONE);
    by_process(PTHREAD_PRIO_NONE);
    by_thread_of_a_process(0);
    by_thread_of_a_process(1);
    inherits = shared(0, PTHREAD_PRIO_INHERIT);
    pthread_t threads[4];
    for (int n = 0; n < 4; n++) threads[n] = start(counts, NULL);
    for (int n = 0; n < 4; n++) join(threads[n]);
    SAY("inheriting: %ld", counted);
    HOLDS(pthread_mutex_lock(inherits) == 0);
    join(start(tries_to_inherit, NULL));
    pthread_mutex_unlock(inherits);
    by_thread(PTHREAD_PRIO_INHERIT);
}
