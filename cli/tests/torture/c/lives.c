// SPDX-License-Identifier: MIT
// Threads' lives: join, detach, many one after another, stacks, names, and the end of the process.
#include "torture.h"
#include <sys/syscall.h>

static atomic_int ended;
static pthread_t first;

static void *returns(void *word) { return (void *)((intptr_t)word * 2); }
static void *ends(void *word) {
    ended++;
    return word;
}
static void *joins_itself(void *word) {
    SAY("itself: %s", answer(pthread_join(pthread_self(), NULL)));
    return word;
}
static void *waits(void *word) {
    sleep_ms(60);
    return word;
}
static void *joins_main(void *word) {
    HOLDS(pthread_join(first, NULL) == 0);
    SAY("main has ended, the process has not");
    SAY("ids: %d %d", getpid() == syscall(SYS_gettid), getppid() != getpid());
    exit(3);
    return word;
}
static void *deep(void *word) {
    volatile char room[3 << 20];
    memset((char *)room, 1, sizeof room);
    return (void *)(intptr_t)(room[12345] + (word != NULL));
}

int main(void) {
    long sum = 0;
    for (intptr_t n = 0; n < 200; n++) sum += (intptr_t)join(start(returns, (void *)n));
    SAY("one after another: %ld", sum);

    pthread_t many[100];
    for (intptr_t n = 0; n < 100; n++) many[n] = start(returns, (void *)n);
    sum = 0;
    for (int n = 0; n < 100; n++) sum += (intptr_t)join(many[n]);
    SAY("at once: %ld", sum);

    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (int n = 0; n < 20; n++) {
        pthread_t thread;
        HOLDS(pthread_create(&thread, &detached, ends, NULL) == 0);
    }
    for (int n = 0; n < 20; n++) HOLDS(pthread_detach(start(ends, NULL)) == 0);
    while (ended < 40) sched_yield();
    SAY("detached: %d", ended);

    join(start(joins_itself, NULL));
    pthread_t slow = start(waits, (void *)5);
    void *value;
    struct timespec soon = in_ms(CLOCK_REALTIME, 10);
    SAY("too early: %s", answer(pthread_tryjoin_np(slow, &value)));
    SAY("too early: %s", answer(pthread_timedjoin_np(slow, &value, &soon)));
    SAY("later: %ld", (long)(intptr_t)join(slow));

    pthread_attr_t large;
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, 4 << 20);
    HOLDS(pthread_create(&slow, &large, deep, NULL) == 0);
    SAY("large stack: %ld", (long)(intptr_t)join(slow));

    char name[16] = "";
    HOLDS(pthread_setname_np(pthread_self(), "fifteen letters") == 0);
    HOLDS(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
    SAY("name: %s", name);
    slow = start(waits, NULL);
    SAY("another's name: %s", answer(pthread_setname_np(slow, "other")));
    HOLDS(pthread_getname_np(slow, name, sizeof name) == 0);
    SAY("another's name: %s", name);
    SAY("name too long: %s", answer(pthread_setname_np(slow, "sixteen letters!")));
    join(slow);

    first = pthread_self();
    start(joins_main, NULL);
    pthread_exit(NULL);
}
