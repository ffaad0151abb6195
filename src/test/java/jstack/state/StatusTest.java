package jstack.state;

import static org.assertj.core.api.Assertions.assertThat;

import jstack.diag.Origin;
import jstack.manifest.Condition;
import jstack.manifest.Dependency;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusTest {
  @Test
  void everyLineOfTheSupervisorIsRead() {
    Status status =
        Status.parse(
                """
                version=1
                state=exited
                boot_id=b
                supervisor_pid=10
                supervisor_start=11
                pid=12
                start=13
                exit_code=137
                signal=9
                started_at=1000000000
                finished_at=2000000000
                stopped=1
                ended_by=unhealthy
                health=healthy
                restarts=3
                """)
            .orElseThrow();
    assertThat(status)
        .isEqualTo(
            new Status(
                Status.Phase.EXITED,
                "b",
                10,
                11,
                12,
                13,
                137,
                9,
                1_000_000_000L,
                2_000_000_000L,
                true,
                "unhealthy",
                java.util.Optional.of(Status.Health.HEALTHY),
                3,
                false));
  }

  @Test
  void aClaimIsOfAContainerThatIsBeingMade() {
    Status status = Status.parse(Status.claim("b", 10, 11)).orElseThrow();
    assertThat(status.phase()).isEqualTo(Status.Phase.STARTING);
    assertThat(status.supervisorPid()).isEqualTo(10);
    assertThat(status.supervisorStartTime()).isEqualTo(11);
    assertThat(status.pid()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "state=running\n",
        "version=1\n",
        "version=2\nstate=running\n",
        "version=1\nstate=running\npid=x\n",
        "\0\0\0"
      })
  void aTornStatusIsNoStatus(String text) {
    assertThat(Status.parse(text)).isEmpty();
  }

  @Test
  void theExitRecordTellsACodeFromASignal() {
    assertThat(ExitRecord.parse("status=1792 start=5 at=6\n").orElseThrow().exitCode())
        .isEqualTo(7);
    assertThat(ExitRecord.parse("status=9 start=5 at=6\n").orElseThrow().exitCode()).isEqualTo(137);
    assertThat(ExitRecord.parse("status=1792 st")).isEmpty();
  }

  @Test
  void theRecordOfAProjectIsReadBack() {
    ProjectRecord record =
        new ProjectRecord(
            "/home/me/jstack.yaml",
            java.util.Map.of(
                "web",
                java.util.List.of(
                    new Dependency(
                        "db",
                        Condition.HEALTHY,
                        true,
                        false,
                        new Origin("my jstack.yaml", 7, 3, 2, "services.web.depends_on.db")),
                    new Dependency("cache", Origin.NONE)),
                "db",
                java.util.List.of()),
            java.util.Set.of("migrate"),
            "system.slice/jstack.scope");
    assertThat(ProjectRecord.parse(record.toString())).isEqualTo(record);
    assertThat(ProjectRecord.parse("needs.web=db\nafter.web=db service_odd\nafter.x=").needs())
        .containsEntry("web", java.util.List.of(new Dependency("db", Origin.NONE)));
  }

  @Test
  void theNameOfAFolderIsNoRecord() {
    ProjectRecord record =
        new ProjectRecord(
            "/home/me\nneeds.web=evil\ronce=web/jstack.yaml",
            java.util.Map.of(
                "a",
                java.util.List.of(
                    new Dependency("b", new Origin("x\nonce=a", 1, 1, 1, "services.a")))),
            java.util.Set.of(),
            "");
    ProjectRecord read = ProjectRecord.parse(record.toString());
    assertThat(read.dependencies()).containsOnlyKeys("a");
    assertThat(read.once()).isEmpty();
  }
}
