import { ActionForm } from './form';

export default function ActionPage() {
  return (
    <main>
      <p>CANARY-action-page</p>
      <ActionForm />
    </main>
  );
}
