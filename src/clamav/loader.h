/* loader: loads the signatures once, and keeps a number of worker processes that share them.
 *
 * Workers are forked from the loader, so they share the signatures copy on write. Each worker has its own
 * channel to the scan process. A worker that dies is replaced at once, or after a pause if it lived only
 * briefly. Before that, its temporary directory is emptied.
 *
 * When the scan process is replaced, the workers of the old scan process exit. The loader replaces these
 * workers, and keeps the new workers' channels until the parent has sent a channel to the new scan process.
 *
 * If the signatures cannot be loaded, or a worker exits with EXIT_CONFIG, the loader's exit status is
 * EXIT_CONFIG. */
#ifndef POSTERN_CLAMAV_LOADER_H
#define POSTERN_CLAMAV_LOADER_H

#include "clamav/message_scan.h"

struct loader_options {
    const char *database, *temp;
    unsigned workers;
    struct scan_limits limits;
};

/* `parent_fd` is the channel to the parent. Returns the exit status. */
int loader_main(const struct loader_options *options, int parent_fd);

#endif
