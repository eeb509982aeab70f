/* replay_corpus DIRECTORY: replays a target's corpus without libFuzzer: each file, its prefixes, and the
 * empty input. A directory without files is an error. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>

enum { PREFIXES = 64 };

static void play(struct span bytes)
{
    struct span exact = fuzz_exact(bytes);

    LLVMFuzzerTestOneInput((const uint8_t *)exact.p, exact.n);
    fuzz_free(exact);
}

static bool read_file(const char *path, struct buf *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        return false;
    while ((n = fread(buf_reserve(bytes, 4096), 1, 4096, file)) > 0)
        bytes->n += n;
    fclose(file);
    return true;
}

static bool play_file(const char *path)
{
    struct buf bytes = {0};
    bool is_read = read_file(path, &bytes);
    size_t step = bytes.n / PREFIXES + 1;

    if (is_read)
        fprintf(stderr, "%s\n", path);
    else
        perror(path);
    for (size_t n = 0; n < bytes.n; n += step)
        play(span_first(buf_span(&bytes), n));
    play(buf_span(&bytes));
    buf_fini(&bytes);
    return is_read;
}

int main(int argc, char **argv)
{
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    unsigned files = 0;
    bool ok = true;

    if (!directory) {
        fprintf(stderr, "usage: replay_corpus DIRECTORY\n");
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct buf path = {0};

        if (entry->d_name[0] == '.')
            continue;
        buf_add_format(&path, "%s/%s", argv[1], entry->d_name);
        ok = play_file(buf_c_str(&path)) && ok;
        buf_fini(&path);
        files++;
    }
    closedir(directory);
    return ok && files ? 0 : 1;
}
