#include "scan/signature_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The last eight kinds detect nothing: they exclude detections, or support other files. */
static const char *const kinds[] = {
    ".cvd",  ".cld", ".cud", ".hdb", ".hsb", ".hdu", ".hsu", ".mdb",  ".msb", ".mdu",
    ".msu",  ".ndb", ".ndu", ".ldb", ".ldu", ".cdb", ".cbc", ".pdb",  ".gdb", ".yar",
    ".yara", ".db",  ".fp",  ".sfp", ".wdb", ".idb", ".ign", ".ign2", ".ftm", ".crb",
};

enum { KINDS = sizeof kinds / sizeof *kinds, DETECTING_KINDS = KINDS - 8 };

static bool has_kind(const char *name, size_t kinds_count)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < kinds_count; i++)
        if (n > strlen(kinds[i]) && strcmp(name + n - strlen(kinds[i]), kinds[i]) == 0)
            return true;
    return false;
}

bool signature_files_is_name(const char *name)
{
    return has_kind(name, KINDS);
}

bool signature_files_name_detects(const char *name)
{
    return has_kind(name, DETECTING_KINDS);
}

bool signature_files_exist(const char *directory)
{
    DIR *opened = opendir(directory);
    struct dirent *entry;
    struct stat status;
    bool found = false;

    while (opened && !found && (entry = readdir(opened)))
        found = signature_files_name_detects(entry->d_name) &&
                fstatat(dirfd(opened), entry->d_name, &status, 0) == 0 && status.st_size > 0;
    if (opened)
        closedir(opened);
    return found;
}

/* FNV-1a, because only changes must be detected, and no deliberate collisions are expected. */
static uint64_t add(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t state_of(int directory, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    struct stat status;

    if (fstatat(directory, name, &status, 0) != 0 || !S_ISREG(status.st_mode))
        return 0;
    hash = add(hash, name, strlen(name));
    hash = add(hash, &status.st_ino, sizeof status.st_ino);
    hash = add(hash, &status.st_size, sizeof status.st_size);
    hash = add(hash, &status.st_mtim.tv_sec, sizeof status.st_mtim.tv_sec);
    return add(hash, &status.st_mtim.tv_nsec, sizeof status.st_mtim.tv_nsec);
}

/* The hashes of the files are added up, so that the order of readdir does not matter. */
uint64_t signature_files_state(const char *directory)
{
    DIR *opened = opendir(directory);
    struct dirent *entry;
    uint64_t state = 0;

    if (!opened)
        return 0;
    while ((entry = readdir(opened)))
        if (signature_files_is_name(entry->d_name))
            state += state_of(dirfd(opened), entry->d_name);
    closedir(opened);
    return state;
}
