/* quarantine_print: prints incidents for a terminal.
 *
 * Sender, subject, user and virus name are untrusted. The caller must have cleaned them by incident_clean, so
 * that they cannot move the cursor. With `ascii`, characters outside ASCII are printed as '?', because some
 * terminals may take UTF-8 for control characters. Widths are counted in terminal cells, so that wide
 * characters keep the columns aligned. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H

#include "quarantine/quarantine_read.h"

/* Appends a header line and one line per incident; for an empty list, nothing. All ids are shortened to the
 * number of digits, at least eight, that distinguishes them. With eight digits, a line is at most 100 cells
 * wide. */
void quarantine_print_list(const struct quarantine_list *list, bool ascii, struct buf *out);
/* Appends all that is known of an incident, one line per item. */
void quarantine_print_incident(const struct incident_record *record, bool ascii, struct buf *out);

#endif
