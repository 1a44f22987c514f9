// Somebody is away: a colleague does their work until a day.

import { expect, fitsWidth, test, visit } from '../fixtures';
import { named, startProject } from '../project';
import { fill, zh } from '../words';

test('a colleague stands in for an agent, and only while that is said', async ({ enter }) => {
  const owner = await enter('qiye');
  const project = named('请人代办');
  const path = await startProject(owner, project);
  const team = await owner.getByRole('main').locator('.panel').filter({ hasText: zh.project.team }).innerText();
  const [mine, other] = team.includes('孙浩') ? ['daiban2', 'daiban'] : ['daiban', 'daiban2'];
  const agent = await enter(mine);
  const colleague = await enter(other, { viewport: { width: 360, height: 740 } });
  const name = other === 'daiban' ? '李静' : '孙浩';
  const listed = colleague.getByRole('main').getByRole('link', { name: project });

  const appoint = async (who: string, until: string) => {
    const form = agent.locator('form').filter({ has: agent.getByLabel(zh.worklist.deputy_who) });
    await form.getByLabel(zh.worklist.deputy_who).selectOption({ label: who });
    await form.getByLabel(zh.worklist.deputy_until, { exact: true }).fill(until);
    await form.getByRole('button', { name: zh.worklist.deputy_save, exact: true }).click();
  };

  await visit(colleague, '/projects');
  await expect(listed).toHaveCount(0);

  await visit(agent, '/work');
  const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
  await appoint(name, day);
  await expect(agent.getByText(fill(zh.worklist.deputy_now, { name, date: day }))).toBeVisible();

  await visit(colleague, '/projects');
  await expect(listed).toBeVisible();
  await fitsWidth(colleague);
  // The agent's work, done by the colleague: the sheet takes what it writes.
  await visit(colleague, `${path}/sheet`);
  await colleague.locator('#in-construction_content').fill('由代办人填写');
  await visit(owner, `${path}/sheet`);
  await expect(owner.locator('#in-construction_content')).toHaveValue('由代办人填写');

  await appoint(zh.worklist.nobody, '');
  await expect(agent.getByText(fill(zh.worklist.deputy_now, { name, date: day }))).toHaveCount(0);
  await visit(colleague, '/projects');
  await expect(listed).toHaveCount(0);
});
