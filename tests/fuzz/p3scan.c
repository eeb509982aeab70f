/* P3Scan's configuration files are converted to valid files of our format [C2]. */
#include "tests/fuzz/fuzz.h"

#include "conf/p3scan.h"
#include "tests/fuzz/conf_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = fuzz_span(data, size);

    if (p3scan_detect(text))
        conf_round(text);
    return 0;
}
