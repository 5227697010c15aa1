// The last line of a run: how many stories passed and how many did not.
import type { Reporter, Suite, TestCase } from '@playwright/test/reporter';

export default class Counter implements Reporter {
  private suite?: Suite;

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite;
  }

  onEnd(): void {
    const stories = this.suite?.allTests() ?? [];
    // A story that was left out or did not get its turn is no success.
    const passed = stories.filter((story: TestCase) => story.outcome() === 'expected').length;
    console.log(`browser stories: ${passed} passed, ${stories.length - passed} failed`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
