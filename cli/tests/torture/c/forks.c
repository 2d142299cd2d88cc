// SPDX-License-Identifier: MIT
// fork and execve while threads run, fork handlers, and what a child keeps.
#include "torture.h"
#include <sys/syscall.h>

static atomic_int stop;
static atomic_long busy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *works(void *word) {
    while (!stop) {
        free(malloc(100 + busy % 1000));
        pthread_mutex_lock(&lock);
        busy++;
        pthread_mutex_unlock(&lock);
    }
    return word;
}

static int trace[8], used;
static void prepare(void) {
    pthread_mutex_lock(&lock);
    trace[used++ % 8] = 1;
}
static void parent(void) {
    trace[used++ % 8] = 2;
    pthread_mutex_unlock(&lock);
}
static void child(void) {
    trace[used++ % 8] = 3;
    pthread_mutex_init(&lock, NULL);
}

static void *doubles(void *word) { return (void *)((intptr_t)word * 2); }

static int in_the_child(void) {
    if (trace[0] != 1 || trace[1] != 3) return 1;
    if (syscall(SYS_gettid) != getpid()) return 2;
    // The other threads do not exist here: nothing is counted any more.
    long before = busy;
    sleep_ms(5);
    if (busy != before) return 3;
    // But new ones can be made.
    long sum = 0;
    for (intptr_t n = 0; n < 5; n++) sum += (intptr_t)join(start(doubles, (void *)n));
    if (sum != 20) return 4;
    char *memory = malloc(1 << 20);
    memset(memory, 1, 1 << 20);
    free(memory);
    return 42;
}

static void *forks(void *word) {
    int status;
    pid_t pid = fork();
    if (pid == 0) _exit(syscall(SYS_gettid) == getpid() ? 17 : 18);
    HOLDS(waitpid(pid, &status, 0) == pid);
    return word ? word : (void *)(intptr_t)WEXITSTATUS(status);
}

static char *own_name;
static void *executes(void *word) {
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    char *words[] = {own_name, "again", pid, NULL};
    execv("/proc/self/exe", words);
    SAY("execv: %s", answer(errno));
    return word;
}

int main(int count, char **words) {
    own_name = words[0];
    if (count == 3) {
        SAY("executed by a thread: the pid is kept %d, one thread %d", atoi(words[2]) == getpid(),
            syscall(SYS_gettid) == getpid());
        SAY("a thread: %ld", (long)(intptr_t)join(start(doubles, (void *)21)));
        return 0;
    }
    HOLDS(pthread_atfork(prepare, parent, child) == 0);
    pthread_t workers[3];
    for (int n = 0; n < 3; n++) workers[n] = start(works, NULL);
    while (busy < 100) sched_yield();
    int wrong = 0;
    for (int round = 0; round < 20; round++) {
        used = 0;
        pid_t pid = fork();
        if (pid == 0) _exit(in_the_child());
        int status = 0;
        HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 42) {
            wrong++;
            SAY("round %d: child status %#x", round, status);
        }
    }
    SAY("forked among threads: %d wrong", wrong);
    used = 0;
    SAY("forked by a thread: %ld", (long)(intptr_t)join(start(forks, NULL)));
    long before = busy;
    while (busy < before + 100) sched_yield();
    SAY("the workers still work");
    stop = 1;
    for (int n = 0; n < 3; n++) join(workers[n]);
    stop = 0;
    for (int n = 0; n < 3; n++) start(works, NULL);
    start(executes, NULL);
    for (;;) pause();
}
