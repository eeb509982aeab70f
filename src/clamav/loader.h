/* loader: loads the signatures once, and keeps a number of workers alive that share them.
 *
 * A worker is forked from the loader, so all signatures are shared copy on write; each has a channel of its
 * own, whose other end goes to scan. A worker that dies is replaced at once (after a pause if it hardly
 * lived); its temporary directory is emptied. When scan is replaced, the parent brings the new one's channel:
 * workers end with the old scan, and the ends for new ones wait here until it comes.
 *
 * Ends with exit status EXIT_CONFIG, and a line that says why, when there are no signatures, when they do not
 * load, or when a worker cannot be shut in. */
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
