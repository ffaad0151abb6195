package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HealthRecordTest {
  @Test
  void theWordsOfTheCheckStandBehindAnEmptyLine() {
    String text =
        "version=1\nat=1000\nexit_code=124\ntimed_out=1\nfailing=3\n\nfailing=7\n\nlast words";
    assertThat(HealthRecord.parse(text))
        .contains(new HealthRecord(1000, 124, true, 3, "failing=7\n\nlast words"));
  }

  @Test
  void whatIsTornOrOfAnotherVersionIsNoRecord() {
    assertThat(HealthRecord.parse("")).isEmpty();
    assertThat(HealthRecord.parse("version=1\nat=1\n")).isEmpty();
    assertThat(HealthRecord.parse("version=2\nat=1\nexit_code=0\nfailing=0\n\n")).isEmpty();
    assertThat(HealthRecord.parse("version=1\nat=x\nexit_code=0\nfailing=0\n\n")).isEmpty();
  }
}
