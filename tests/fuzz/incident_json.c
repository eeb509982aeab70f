/* The quarantine's records: a record that is read is written unchanged; whatever a compromised reader reports
 * can be written and read again. Parts: a record, an incident's bytes. */
#include "quarantine/incident_json.h"
#include "tests/fuzz/fuzz.h"

static void check_round(const struct incident_record *record)
{
    struct incident_record back;
    struct buf written = {0}, again = {0};
    struct span exact;

    incident_json_write(record, &written);
    exact = fuzz_exact(buf_span(&written));
    must(incident_json_read(exact, &back));
    fuzz_free(exact);
    incident_json_write(&back, &again);
    must(span_eq(buf_span(&written), buf_span(&again)));
    must(strcmp(record->incident.id, back.incident.id) == 0);
    must(record->incident.kind == back.incident.kind &&
         record->incident.direction == back.incident.direction);
    must(memcmp(&record->sha256, &back.sha256, sizeof back.sha256) == 0);
    buf_fini(&written);
    buf_fini(&again);
}

static void check_forged(struct span bytes)
{
    static const char id[] = "00112233445566778899aabbccddeeff";
    struct incident_record record = {.count = 1};

    if (bytes.n)
        memcpy(&record.incident, bytes.p,
               bytes.n < sizeof record.incident ? bytes.n : sizeof record.incident);
    incident_clean(&record.incident);
    snprintf(record.incident.id, sizeof record.incident.id, "%s", id);
    snprintf(record.incident.file, sizeof record.incident.file, "%s.eml", id);
    record.incident.size &= INT64_MAX;
    check_round(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = fuzz_span(data, size), exact = fuzz_exact(fuzz_part(&rest));
    struct incident_record record;

    if (incident_json_read(exact, &record))
        check_round(&record);
    fuzz_free(exact);
    check_forged(rest);
    return 0;
}
