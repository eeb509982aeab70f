/* quarantine_print: incidents as people read them on a terminal.
 *
 * Sender, subject, user, virus name come from strangers: what is printed has gone through incident_clean, so
 * that nothing in it can move a cursor, and `ascii` turns what is not ASCII into '?' for a terminal that may
 * take UTF-8 for control characters. Columns are counted in cells, so that wide characters keep the lines
 * aligned. */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H

#include "quarantine/quarantine_read.h"

/* A head line and one line an incident, none over 100 columns; nothing at all for an empty list. Ids are cut
 * to what tells them apart, eight digits at least. */
void quarantine_print_list(const struct quarantine_list *list, bool ascii, struct buf *out);
/* All that is known, a line each. */
void quarantine_print_incident(const struct incident_record *record, bool ascii, struct buf *out);

#endif
