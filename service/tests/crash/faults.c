/*
 * What a disk and a clock do when they fail, put between a program and them (LD_PRELOAD). A file of
 * sixteen bytes that several processes map says what is wrong at the moment: a test changes it while
 * the program runs.
 *
 * Nothing of it is known to the program that is tested.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct wrong {
    /* Seconds that the clock is ahead. */
    int64_t ahead;
    /* What writes and flushes fail with; 0, nothing. */
    int32_t error;
    /* How many of them succeed before the first that fails. */
    int32_t before;
};

static volatile struct wrong *state(void)
{
    static volatile struct wrong *mapped;
    static struct wrong nothing;
    if (mapped == NULL) {
        const char *name = getenv("FAULTS_FILE");
        int file = name == NULL ? -1 : (int)open64(name, O_RDWR | O_CLOEXEC);
        void *found = MAP_FAILED;
        if (file >= 0) {
            found = mmap(NULL, sizeof nothing, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            close(file);
        }
        mapped = found == MAP_FAILED ? &nothing : found;
    }
    return mapped;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Whether this write fails. Only regular files are on the disk: sockets and pipes go on. */
static int fails(int file)
{
    volatile struct wrong *wrong = state();
    struct stat64 found;
    if (wrong->error == 0 || fstat64(file, &found) != 0 || !S_ISREG(found.st_mode)) {
        return 0;
    }
    if (__atomic_fetch_sub(&wrong->before, 1, __ATOMIC_SEQ_CST) > 0) {
        return 0;
    }
    wrong->before = 0;
    errno = wrong->error;
    return 1;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        real = next("clock_gettime");
    }
    int done = real(clock, time);
    if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        time->tv_sec += state()->ahead;
    }
    return done;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

ssize_t write(int file, const void *bytes, size_t length)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL) {
        real = next("write");
    }
    return fails(file) ? -1 : real(file, bytes, length);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL) {
        real = next("pwrite64");
    }
    return fails(file) ? -1 : real(file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at)
{
    return pwrite64(file, bytes, length, at);
}

int ftruncate64(int file, off64_t length)
{
    static int (*real)(int, off64_t);
    if (real == NULL) {
        real = next("ftruncate64");
    }
    return fails(file) ? -1 : real(file, length);
}

int ftruncate(int file, off_t length)
{
    return ftruncate64(file, length);
}

int fsync(int file)
{
    static int (*real)(int);
    if (real == NULL) {
        real = next("fsync");
    }
    return fails(file) ? -1 : real(file);
}

int fdatasync(int file)
{
    static int (*real)(int);
    if (real == NULL) {
        real = next("fdatasync");
    }
    return fails(file) ? -1 : real(file);
}
