/* loader: loads the signatures once, and keeps a number of worker processes that share them.
 *
 * Workers are forked from the loader, so they share the signatures copy on write. Each has a channel of its
 * own to scan. A worker that dies is replaced at once (after a pause if it lived only briefly), and its
 * temporary directory is emptied. When scan is replaced, the workers of the old scan exit. The loader keeps
 * the channels of their replacements until the parent has sent it a channel to the new scan.
 *
 * If the signatures cannot be loaded, or a worker cannot enter its sandbox, the reason is logged and the exit
 * status is EXIT_CONFIG. */
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
