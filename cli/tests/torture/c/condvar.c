// SPDX-License-Identifier: MIT
// Condition variables: a bounded queue, a broadcast, deadlines on both clocks.
#include "torture.h"

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS = 2000, ROOM = 7 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static long queue[ROOM];
static int used, head, closed;

static void *produces(void *word) {
    for (long n = 1; n <= ITEMS; n++) {
        pthread_mutex_lock(&lock);
        while (used == ROOM) pthread_cond_wait(&not_full, &lock);
        queue[(head + used++) % ROOM] = n;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&lock);
    }
    return word;
}

static void *consumes(void *word) {
    long *sum = word;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (used == 0 && !closed) pthread_cond_wait(&not_empty, &lock);
        if (used == 0) {
            pthread_mutex_unlock(&lock);
            return NULL;
        }
        *sum += queue[head];
        head = (head + 1) % ROOM;
        used--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&lock);
    }
}

static pthread_cond_t gate = PTHREAD_COND_INITIALIZER;
static int open_gate, waiting, passed;

static void *passes(void *word) {
    pthread_mutex_lock(&lock);
    waiting++;
    while (!open_gate) pthread_cond_wait(&gate, &lock);
    passed++;
    pthread_mutex_unlock(&lock);
    return word;
}

int main(void) {
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    long sums[CONSUMERS] = {0}, sum = 0;
    for (int n = 0; n < CONSUMERS; n++) consumers[n] = start(consumes, &sums[n]);
    for (int n = 0; n < PRODUCERS; n++) producers[n] = start(produces, NULL);
    for (int n = 0; n < PRODUCERS; n++) join(producers[n]);
    pthread_mutex_lock(&lock);
    closed = 1;
    pthread_cond_broadcast(&not_empty);
    pthread_mutex_unlock(&lock);
    for (int n = 0; n < CONSUMERS; n++) join(consumers[n]);
    for (int n = 0; n < CONSUMERS; n++) sum += sums[n];
    SAY("sum %ld, left %d", sum, used);

    pthread_t threads[10];
    for (int n = 0; n < 10; n++) threads[n] = start(passes, NULL);
    for (int all = 0; !all;) {
        pthread_mutex_lock(&lock);
        all = waiting == 10;
        pthread_mutex_unlock(&lock);
        sched_yield();
    }
    pthread_mutex_lock(&lock);
    open_gate = 1;
    pthread_cond_broadcast(&gate);
    pthread_mutex_unlock(&lock);
    for (int n = 0; n < 10; n++) join(threads[n]);
    SAY("passed %d", passed);

    pthread_condattr_t attributes;
    pthread_cond_t monotonic;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attributes);
    pthread_mutex_lock(&lock);
    struct timespec before, after, soon = in_ms(CLOCK_REALTIME, 30);
    clock_gettime(CLOCK_MONOTONIC, &before);
    SAY("real time: %s", answer(pthread_cond_timedwait(&gate, &lock, &soon)));
    soon = in_ms(CLOCK_MONOTONIC, 30);
    SAY("monotonic: %s", answer(pthread_cond_timedwait(&monotonic, &lock, &soon)));
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    SAY("not too early: %d", ms >= 58);
    soon.tv_nsec = -1;
    SAY("bad time: %s", answer(pthread_cond_timedwait(&monotonic, &lock, &soon)));
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&monotonic);
}
