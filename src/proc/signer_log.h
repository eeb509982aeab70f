/* signer_log: the log lines of the signer. */
#ifndef POSTERN_PROC_SIGNER_LOG_H
#define POSTERN_PROC_SIGNER_LOG_H

#include "x509/leaf.h"

void signer_log_authority(const struct authority *authority, size_t leaves);
/* Logs the leaf with all its names. If they do not fit in one line, lines of the event leaf_names follow. */
void signer_log_leaf(unsigned relay, const struct leaf_request *request, const struct leaf_made *made);
void signer_log_refused(unsigned relay, const struct leaf_request *request, const char *reason);

#endif
