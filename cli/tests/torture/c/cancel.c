// SPDX-License-Identifier: MIT
// Cancellation: at a point, in a blocked call, in the middle of a loop, and not while it is disabled.
#include "torture.h"

static int pipes[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static atomic_int ready;

static void cleans(void *word) { SAY("  cleaned %s", (const char *)word); }
static void unlocks(void *word) {
    SAY("  unlocks: %s", answer(pthread_mutex_unlock(word)));
}

static void *at_a_point(void *word) {
    pthread_cleanup_push(cleans, "outer");
    pthread_cleanup_push(cleans, "inner");
    ready = 1;
    for (;;) {
        pthread_testcancel();
        sched_yield();
    }
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return word;
}

static void *in_a_read(void *word) {
    char byte;
    pthread_cleanup_push(cleans, "read");
    ready = 1;
    read(pipes[0], &byte, 1);
    pthread_cleanup_pop(0);
    return word;
}

static void *in_a_sleep(void *word) {
    pthread_cleanup_push(cleans, "sleep");
    ready = 1;
    sleep(1000);
    pthread_cleanup_pop(0);
    return word;
}

static void *in_a_wait(void *word) {
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlocks, &lock);
    ready = 1;
    for (;;) pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(0);
    return word;
}

static void *at_once(void *word) {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    ready = 1;
    for (volatile unsigned long n = 0;; n++) {}
    return word;
}

static void *while_disabled(void *word) {
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    ready = 1;
    sleep_ms(50);
    SAY("  survives while disabled");
    pthread_setcancelstate(old, NULL);
    pthread_testcancel();
    SAY("  never said");
    return word;
}

static void *exits(void *word) {
    pthread_cleanup_push(cleans, "exit");
    pthread_exit((void *)42);
    pthread_cleanup_pop(0);
    return word;
}

static void cancel(const char *name, void *(*run)(void *), int pause) {
    ready = 0;
    pthread_t thread = start(run, NULL);
    while (!ready) sched_yield();
    sleep_ms(pause);
    HOLDS(pthread_cancel(thread) == 0);
    SAY("%s: %s", name, join(thread) == PTHREAD_CANCELED ? "cancelled" : "ended by itself");
}

int main(void) {
    HOLDS(pipe(pipes) == 0);
    for (int round = 0; round < 2; round++) {
        int pause = round * 20;
        cancel("at a point", at_a_point, pause);
        cancel("in a read", in_a_read, pause);
        cancel("in a sleep", in_a_sleep, pause);
        cancel("in a wait", in_a_wait, pause + 5);
        cancel("at once", at_once, pause);
        cancel("while disabled", while_disabled, pause);
    }
    SAY("exit: %ld", (long)(intptr_t)join(start(exits, NULL)));
    SAY("mutex is free: %s", answer(pthread_mutex_trylock(&lock)));
}
