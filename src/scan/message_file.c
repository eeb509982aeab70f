#include "scan/message_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLICE_BYTES = 1 << 20, MODE = 0440 };

#define PREFIX "message-"

struct message_file {
    struct event *turn;
    char *path;
    int from, into; /* into: the copy; -1: it is closed, or could not be created (.error has the errno) */
    uint64_t size, offset;
    int error;
    message_file_done *done;
    void *context;
};

static bool is_dead(int pid)
{
    return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

static void remove_files_of_dead(const char *directory)
{
    DIR *open_directory = opendir(directory);
    struct dirent *entry;
    int pid;

    while (open_directory && (entry = readdir(open_directory)))
        if (sscanf(entry->d_name, PREFIX "%d-", &pid) == 1 && is_dead(pid))
            unlinkat(dirfd(open_directory), entry->d_name, 0);
    if (open_directory)
        closedir(open_directory);
}

bool message_file_prepare(const char *directory)
{
    struct stat status;

    if ((mkdir(directory, 0700) < 0 && errno != EEXIST) || lstat(directory, &status) < 0)
        return false;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    if (status.st_mode & (S_IWGRP | S_IRWXO)) {
        errno = EPERM;
        return false;
    }
    remove_files_of_dead(directory);
    return access(directory, W_OK | X_OK) == 0;
}

static void finish(struct message_file *file, int error)
{
    if (file->into >= 0)
        close(file->into);
    file->into = -1;
    file->done(file->context, error);
}

/* Copies the next slice of the message. Returns 0 or an errno. */
static int copy_slice(struct message_file *file)
{
    static char slice[SLICE_BYTES];
    uint64_t left = file->size - file->offset;
    ssize_t n =
        pread(file->from, slice, left < sizeof slice ? (size_t)left : sizeof slice, (off_t)file->offset);
    ssize_t written = 0, more;

    if (n <= 0)
        return n < 0 ? errno : ENODATA;
    while (written < n) {
        more = write(file->into, slice + written, (size_t)(n - written));
        if (more < 0 && errno != EINTR)
            return errno;
        written += more > 0 ? more : 0;
    }
    file->offset += (uint64_t)n;
    return 0;
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct message_file *file = context;
    int error = file->error;

    if (!error && file->offset < file->size)
        error = copy_slice(file);
    if (error || file->offset == file->size)
        finish(file, error);
    else
        event_add(file->turn, &(struct timeval){0}); /* event_active would run it again in this iteration */
}

struct message_file *message_file_new(struct event_base *base, const char *directory,
                                      const struct message_file_source *source, message_file_done *done,
                                      void *context)
{
    static unsigned number;
    struct message_file *file = mem_alloc_zero(sizeof *file);
    struct buf path = {0};

    buf_add_format(&path, "%s/" PREFIX "%d-%u%s", directory, (int)getpid(), ++number,
                   source->kind == MESSAGE_MAIL ? ".eml" : "");
    file->path = mem_copy_string(buf_span(&path));
    buf_fini(&path);
    file->from = source->fd;
    file->size = source->size;
    file->done = done;
    file->context = context;
    file->into = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    if (file->into < 0 || fchmod(file->into, MODE) < 0)
        file->error = errno;
    file->turn = event_new(base, -1, 0, on_turn, file);
    event_active(file->turn, EV_TIMEOUT, 1);
    return file;
}

char *message_file_path(struct message_file *file)
{
    return file->path;
}

void message_file_free(struct message_file **file)
{
    struct message_file *f = *file;

    if (!f)
        return;
    if (f->into >= 0)
        close(f->into);
    unlink(f->path);
    event_free(f->turn);
    free(f->path);
    free(f);
    *file = NULL;
}
