/* quarantine_export: copies an original out of the quarantine, byte for byte.
 *
 * The SHA-256 of the copy must be the one that was computed when the original was stored. Otherwise the
 * export fails. If an export to a file fails, the file is removed. Both functions return the exit status. If
 * they fail, they have printed a message. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_EXPORT_H

#include "quarantine/incident_json.h"

/* Unless `force`, refuses a terminal, because malicious content could contain control sequences. */
int quarantine_export_to_stdout(int directory, const struct incident_record *record, bool force);
/* Creates the file with mode 0600; an existing file is an error. */
int quarantine_export_to_file(int directory, const struct incident_record *record, const char *path);

#endif
