// SPDX-License-Identifier: MIT
// posix_spawn, vfork, popen and system: programs that exist, programs that do not, files and signals.
#include "torture.h"
#include <fcntl.h>
#include <spawn.h>

extern char **environ;

static int ends(pid_t pid) {
    int status;
    HOLDS(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void runs(const char *title, const char *path, char **words, posix_spawn_file_actions_t *files,
    posix_spawnattr_t *attributes) {
    pid_t pid = -7;
    int error = posix_spawn(&pid, path, files, attributes, words, environ);
    if (error) SAY("%s: %s", title, answer(error));
    else SAY("%s: ends with %d", title, ends(pid));
}

int main(int count, char **words) {
    char *again[] = {words[0], "child", NULL};
    if (count == 2) {
        if (strcmp(words[1], "child") == 0) return 21;
        char line[64] = "";
        if (strcmp(words[1], "reads") == 0) {
            ssize_t len = read(0, line, sizeof line - 1);
            SAY("the child read %zd: %s", len, line);
            return fcntl(9, F_GETFD) < 0 ? 0 : 1;
        }
        sigset_t mask;
        sigprocmask(SIG_BLOCK, NULL, &mask);
        struct sigaction pipe_action, usr_action;
        sigaction(SIGPIPE, NULL, &pipe_action);
        sigaction(SIGUSR1, NULL, &usr_action);
        SAY("the child: SIGHUP blocked %d, SIGPIPE ignored %d, SIGUSR1 ignored %d, leads its group %d",
            sigismember(&mask, SIGHUP), pipe_action.sa_handler == SIG_IGN, usr_action.sa_handler == SIG_IGN,
            getpgrp() == getpid());
        return 0;
    }
    runs("itself", "/proc/self/exe", again, NULL, NULL);
    runs("missing", "/nowhere/at/all", again, NULL, NULL);
    runs("a folder", "/tmp", again, NULL, NULL);
    runs("not executable", "/proc/self/status", again, NULL, NULL);
    pid_t pid;
    SAY("missing, by PATH: %s", answer(posix_spawnp(&pid, "no-such-program-anywhere", NULL, NULL, again, environ)));

    int pipes[2];
    HOLDS(pipe(pipes) == 0 && write(pipes[1], "from a pipe", 11) == 11);
    char *reads[] = {words[0], "reads", NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, pipes[0], 0);
    posix_spawn_file_actions_addopen(&files, 9, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclose(&files, 9);
    runs("with files", "/proc/self/exe", reads, &files, NULL);
    posix_spawn_file_actions_addopen(&files, 5, "/nowhere/file", O_RDONLY, 0);
    runs("with a file that is missing", "/proc/self/exe", reads, &files, NULL);

    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t set = only(SIGHUP), defaults = only(SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &set);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    char *shows[] = {words[0], "shows", NULL};
    runs("with signals", "/proc/self/exe", shows, NULL, &attributes);

    volatile int shared = 1;
    pid = vfork();
    if (pid == 0) _exit(33);
    SAY("vfork: ends with %d, %d", ends(pid), shared);
    pid = vfork();
    if (pid == 0) {
        execve("/nowhere", again, environ);
        _exit(errno == ENOENT ? 44 : 45);
    }
    SAY("vfork and no program: ends with %d", ends(pid));
    pid = fork();
    if (pid == 0) raise(SIGTERM);
    SAY("killed: %d", ends(pid));

    char line[100] = "";
    FILE *pipe = popen("echo from a shell; exit 5", "r");
    HOLDS(pipe && fgets(line, sizeof line, pipe));
    SAY("popen: %.*s, ends with %d", (int)strcspn(line, "\n"), line, WEXITSTATUS(pclose(pipe)));
    SAY("system: %d", WEXITSTATUS(system("exit 6")));
    SAY("no child: %s", waitpid(-1, NULL, 0) < 0 ? answer(errno) : "ok");
}
